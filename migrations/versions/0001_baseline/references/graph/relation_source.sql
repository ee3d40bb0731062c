-- pydb_internal.relation_source (graph): a relation as SQL text for FROM, with its partitions, without tables that
-- inherit from it.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_source(p_relation oid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select case when c.relkind = 'p' then '' else 'only ' end || pydb_internal.relation_name(p_relation)
        from pg_catalog.pg_class as c
        where c.oid = p_relation
    );
end
$$;

comment on function pydb_internal.relation_source(oid) is
'ONLY and the name; just the name of a partitioned table. Foreign keys reach the same rows.';

revoke all on function pydb_internal.relation_source(oid) from public;
