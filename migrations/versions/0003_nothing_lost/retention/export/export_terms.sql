-- pydb_internal.export_terms (export; by retention_export_run): hook of export runs: whether a policy may delete now,
-- and within which bounds.
-- reads pydb.retention_policy   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.export_terms(p_policy text)
returns pydb_internal.run_terms
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.retention_terms(p_policy);
$$;

comment on function pydb_internal.export_terms(text) is 'Terms of a policy, as retention_terms.';

revoke all on function pydb_internal.export_terms(text) from public;
