-- pydb_internal.retention_last_index (last; by retention_rule_problem): the index by which the newer rows of a row's
-- group are found, row by row.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_last_index(p_policy pydb.retention_policy)
returns regclass
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select i.indexrelid::regclass
    from pg_index as i
    inner join pg_class as c on c.oid = i.indexrelid
    inner join pg_am as m on m.oid = c.relam and m.amname = 'btree'
    cross join lateral (
        select array_agg(a.attname order by u.ord) as names
        from (select cardinality(p_policy.keep_last_by) as groups) as n
        cross join unnest(i.indkey::smallint[]) with ordinality as u (attnum, ord)
        inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = u.attnum
        where u.ord <= coalesce(n.groups, 0) + 1
    ) as k
    where i.indrelid = p_policy.target and i.indisvalid and i.indpred is null and i.indexprs is null
        and k.names[cardinality(k.names)] = p_policy.time_column
        and cardinality(k.names) = coalesce(cardinality(p_policy.keep_last_by), 0) + 1
        and k.names @> coalesce(p_policy.keep_last_by, '{}')
    order by i.indexrelid
    limit 1;
$$;

comment on function pydb_internal.retention_last_index(pydb.retention_policy) is
'A valid index that begins with the columns of the group, in any order, and the time column; or null.';

revoke all on function pydb_internal.retention_last_index(pydb.retention_policy) from public;
