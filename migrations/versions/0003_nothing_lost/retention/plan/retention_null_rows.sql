-- pydb_internal.retention_null_rows (plan; by retention_plan): rows whose time is null, which never expire: counted
-- where that is cheap, else estimated.
-- reads the relation   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_null_rows(p_relation oid, p_column name, p_total bigint)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_pages bigint := pg_relation_size(p_relation) / current_setting('block_size')::bigint;
    v_schema name;
    v_table name;
    v_fraction float8;
    v_count bigint;
begin
    if exists (
        select 1 from pg_attribute as a
        where a.attrelid = p_relation and a.attname = p_column and a.attnotnull
    ) then
        return 0;
    end if;
    if v_pages >= 4096 and pydb_internal.retention_time_index(p_relation, p_column) is null then
        -- the names first: joined, the whole view would be read for each of many partitions
        select n.nspname, c.relname into v_schema, v_table
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        where c.oid = p_relation;
        select s.null_frac::float8 into v_fraction
        from pg_stats as s
        where s.schemaname = v_schema and s.tablename = v_table and s.attname = p_column and not s.inherited;
        if v_fraction is not null then
            return round(v_fraction * p_total)::bigint;
        end if;
    end if;
    begin
        execute format(
            'select count(*) from only %s as t where t.%I is null', pydb_internal.relation_name(p_relation), p_column
        ) into v_count;
        perform pydb_internal.retention_undo();
    exception when sqlstate 'YD902' then
        null; -- as in retention_measure
    end;
    return v_count;
end
$$;

comment on function pydb_internal.retention_null_rows(oid, name, bigint) is
'Rows whose time is null: none for a NOT NULL column, counted on a small table or through an index, else estimated from
pg_stats.';

revoke all on function pydb_internal.retention_null_rows(oid, name, bigint) from public;
