-- pydb_internal.retention_time_index (plan): an index that can walk a relation by its time column; null if there is
-- none.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_time_index(p_relation oid, p_column name)
returns regclass
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select i.indexrelid::regclass
        from pg_catalog.pg_index as i
        where i.indrelid = p_relation and i.indisvalid and i.indisready and i.indpred is null
            and i.indkey[0] = (
                select a.attnum from pg_catalog.pg_attribute as a
                where a.attrelid = p_relation and a.attname = p_column
            )
            and (
                -- 403 is btree, in every version
                select o.opcdefault and o.opcmethod = 403 from pg_catalog.pg_opclass as o where o.oid = i.indclass[0]
            )
        order by i.indnatts, i.indexrelid
        limit 1
    );
end
$$;

comment on function pydb_internal.retention_time_index(oid, name) is
'A valid, whole btree index whose first column is the time column, the narrowest one; null if there is none.';

revoke all on function pydb_internal.retention_time_index(oid, name) from public;
