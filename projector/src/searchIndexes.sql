-- Only where the server has the extension pg_trgm: without these a search reads all rows in scope.
create index on requests using gin (search gin_trgm_ops);
create index on audit using gin (search gin_trgm_ops);
