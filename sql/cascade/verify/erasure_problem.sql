-- pydb_internal.erasure_problem (verify): why the rows of an erasure cannot be looked for here.
-- reads pydb.entity, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.erasure_problem(p_entry pydb.erasure)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case
        when n.name is null then format('there is no entity %s here', p_entry.entity)
        when c.oid is null then format('the root of entity %s, %s, is gone', n.name, n.root_name)
        when exists (
            select from unnest(p_entry.key_columns) as k (name)
            where not exists (
                select from pg_attribute as a where a.attrelid = n.root and a.attname = k.name and not a.attisdropped
            )
        ) then format('%s has no columns (%s)', pydb_internal.relation_name(n.root),
            array_to_string(p_entry.key_columns, ', '))
    end
    from (select) as one
    left join pydb.entity as n on n.name = p_entry.entity
    left join pg_class as c on c.oid = n.root;
$$;

comment on function pydb_internal.erasure_problem(pydb.erasure) is
'In words; null where they can be looked for.';

revoke all on function pydb_internal.erasure_problem(pydb.erasure) from public;
