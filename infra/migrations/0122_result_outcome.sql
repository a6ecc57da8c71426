-- How the run of a stored result ended, as its executor knew it: a recovery tells the same. Null in rows of earlier versions.
alter table record.results add column outcome jsonb;

-- SHA-256 of a statement's whole text, of which the beginning is kept. Null in rows of earlier versions.
alter table record.execution_statements add column text_sha256 text;
