-- pydb_internal.retention_missing_grants (hurdles): the privileges that a role lacks to prune a table, as the
-- statements that grant them.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_missing_grants(p_relation oid, p_role oid)
returns text[]
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        with touched as (select t.oid, t.rights from pydb_internal.retention_touched(p_relation) as t),

        missing as (
            select
                1 as place, format('grant usage on schema %I to %s;', n.nspname, p_role::regrole) as line
            from touched as t
            inner join pg_class as c on c.oid = t.oid
            inner join pg_namespace as n on n.oid = c.relnamespace
            where not has_schema_privilege(p_role, n.oid, 'USAGE')
            union
            select
                2, format(
                    'grant %s on %s to %s;',
                    string_agg(distinct lower(u.right_name), ', ' order by lower(u.right_name) desc),
                    pydb_internal.relation_name(t.oid), p_role::regrole
                )
            from touched as t
            cross join unnest(t.rights) as u (right_name)
            where not has_table_privilege(p_role, t.oid, u.right_name)
            group by t.oid
        )

        select array_agg(m.line order by m.place, m.line desc)
        from missing as m
        where exists (select from pg_roles as r where r.oid = p_role and not r.rolsuper)
    );
end
$$;

comment on function pydb_internal.retention_missing_grants(oid, oid) is
'The statements that give a role what it lacks to read and delete from a table and its partitions, to read the tables
that reference it; null if it lacks nothing. They can be run in this order.';

revoke all on function pydb_internal.retention_missing_grants(oid, oid) from public;
