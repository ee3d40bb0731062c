-- pydb_internal.retention_choices (condition): what a policy that walks references does with those that would refuse.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_choices(p_policy pydb.retention_policy)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case p_policy.on_referenced when 'cascade' then '{"*": "delete"}' else '{}' end::jsonb;
$$;

comment on function pydb_internal.retention_choices(pydb.retention_policy) is
'Choices for pydb_internal.cascade_traverse: keys that refuse cascade with on_referenced = cascade, else all act as
they are declared.';

revoke all on function pydb_internal.retention_choices(pydb.retention_policy) from public;
