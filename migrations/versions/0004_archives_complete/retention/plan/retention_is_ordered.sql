-- pydb_internal.retention_is_ordered (plan; by retention_measure): whether it pays to ask, with the count, where the
-- rows that would go end: they lie in the order of their time, in memory, and are a third to half of the table.
-- reads the catalog, settings   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_is_ordered(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_condition text
)
returns boolean
language plpgsql -- volatile, for EXPLAIN
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_class record;
    v_plan json;
begin
    -- to visit the rows takes more than to count them in the index: about as much as is saved where half of them go
    select c.reltuples, c.relname, n.nspname into v_class
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    -- below, a walk through all of it takes no time; above, what the count has read would have to be read again
    where c.oid = p_relation and c.relpages > 4096 and c.reltuples > 0 and p_policy.strategy <> 'index'
        and pg_relation_size(c.oid) <= pg_size_bytes(current_setting('shared_buffers'));
    if not found then
        return false;
    end if;
    execute format(
        'explain (format json) select from only %s as t where %s', pydb_internal.relation_name(p_relation), p_condition
    ) into v_plan;
    if (v_plan -> 0 -> 'Plan' ->> 'Plan Rows')::float8 / v_class.reltuples not between 0.3 and 0.55 then
        return false;
    end if;
    return exists (
        -- the names first, as in retention_null_rows
        select from pg_stats as s
        where s.schemaname = v_class.nspname and s.tablename = v_class.relname and s.attname = p_policy.time_column
            and not s.inherited and s.correlation >= 0.95
    );
end
$$;

comment on function pydb_internal.retention_is_ordered(pydb.retention_policy, oid, text) is
'True if the table fits into shared_buffers, its rows lie in the order of the time column, and by the planner 30 to 55 %
of them meet the condition: by the statistics, nothing is read.';

revoke all on function pydb_internal.retention_is_ordered(pydb.retention_policy, oid, text) from public;
