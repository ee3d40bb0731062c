-- pydb_internal.retention_gone (delete; by retention_take): rows that this transaction has deleted so far from some
-- tables, whoever deleted them.
-- reads the catalog, the transaction's own statistics   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_gone(p_tables oid[])
returns table (relation oid, rows bigint)
language plpgsql -- it keeps its plan
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select c.oid, pg_stat_get_xact_tuples_deleted(c.oid)
    from pg_catalog.pg_class as c
    where c.relkind = 'r' and c.oid in (
        select u.relation from unnest(p_tables) as u (relation)
        union
        select t.relid from unnest(p_tables) as u (relation) cross join pydb_internal.relation_tree(u.relation) as t
    );
end
$$;

comment on function pydb_internal.retention_gone(oid[]) is
'Rows deleted in this transaction from each of the tables and their partitions, by statements, keys and triggers alike.
Counts rolled back work too, so compare two of them.';

revoke all on function pydb_internal.retention_gone(oid[]) from public;
