-- The audit log of the read models is append-only: its tables belong to a role that nobody logs in as, and the projector may only add
-- to them. It stays the owner of the schema, because a rebuild puts a new one in its place (docs/adr/0015).

do $$
begin
  if not exists (select from pg_roles where rolname = 'portal_audit') then
    create role portal_audit nologin;
  end if;
exception
  -- Roles belong to the server: another database's migration was faster.
  when duplicate_object or unique_violation then null;
end
$$;

-- Whoever gives a table away must be able to become its old and its new owner, which a superuser always is.
do $$
begin
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant portal_audit, portal_projector to %I', current_user);
  end if;
end
$$;

create schema audit_seal;
grant usage on schema audit_seal to portal_projector;

create function audit_seal.seal(schema_name text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  name text;
begin
  if schema_name not in ('read', 'read_next') then
    raise exception 'only the read models are sealed, not "%"', schema_name;
  end if;
  foreach name in array array['audit', 'ignored_events'] loop
    execute format('grant usage, create on schema %I to portal_audit', schema_name);
    execute format('revoke all on %I.%I from public, portal_projector', schema_name, name);
    execute format('alter table %I.%I owner to portal_audit', schema_name, name);
    execute format('grant select, insert on %I.%I to portal_projector', schema_name, name);
    execute format('grant select on %I.%I to portal_query', schema_name, name);
  end loop;
end
$$;
revoke all on function audit_seal.seal(text) from public;
grant execute on function audit_seal.seal(text) to portal_projector;
