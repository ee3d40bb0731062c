-- pydb_internal.retention_choices (condition): what a policy that walks references does with those that would refuse.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_choices(p_policy pydb.retention_policy, p_way text)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_policy.on_referenced = 'cascade' then '{"*": "delete"}'::jsonb
        when p_way = 'circle' then (
            select coalesce(jsonb_object_agg(e.reference, 'delete'), '{}')
            from pydb_internal.reference_edges(p_policy.target) as e
            where e.child = e.parent and e.on_delete in ('a', 'r')
        )
        else '{}'::jsonb
    end;
$$;

comment on function pydb_internal.retention_choices(pydb.retention_policy, text) is
'Choices for pydb_internal.cascade_traverse: keys that refuse cascade with on_referenced = cascade, else all act as
they are declared, but those of the table to itself where a circle of rows is taken (p_way circle).';

revoke all on function pydb_internal.retention_choices(pydb.retention_policy, text) from public;
