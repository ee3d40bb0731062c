-- pydb_internal.retention_builtin (policy): does this name, on this table, belong to a policy
-- that pydb brought along.
-- reads pydb.retention_policy   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_builtin(p_name text, p_target regclass)
returns boolean
language sql
stable
security definer -- see pydb_internal.retention_policy_get
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from pydb.retention_policy as p where p.name = p_name and p.target = p_target and p.builtin
    );
$$;

comment on function pydb_internal.retention_builtin(text, regclass) is
'True for the name and the table of a built-in policy: what may be set about one of pydb''s own tables.';

revoke all on function pydb_internal.retention_builtin(text, regclass) from public;
