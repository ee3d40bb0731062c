-- pydb_internal.retention_last_key (last): the columns of a table's primary key, in its order.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_last_key(p_relation oid)
returns name[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select array_agg(a.attname order by u.ord)
    from pg_constraint as k
    cross join unnest(k.conkey) with ordinality as u (attnum, ord)
    inner join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.attnum
    where k.conrelid = p_relation and k.contype = 'p';
$$;

comment on function pydb_internal.retention_last_key(oid) is
'Columns that tell rows of one time apart; null where the table has no primary key.';

revoke all on function pydb_internal.retention_last_key(oid) from public;
