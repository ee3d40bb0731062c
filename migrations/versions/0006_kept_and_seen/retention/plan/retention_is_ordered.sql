-- pydb_internal.retention_is_ordered (plan; by retention_measure): whether the rows of a relation lie in the order of
-- their time, about.
-- reads the statistics   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_is_ordered(p_policy pydb.retention_policy, p_relation oid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_class record;
begin
    select c.relname, n.nspname into v_class
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    -- below, a walk through all of it takes no time
    where c.oid = p_relation and c.relpages > 4096 and p_policy.strategy <> 'index';
    if not found then
        return false; -- what is below is not even planned
    end if;
    return exists (
        -- the names first, as in retention_null_rows
        select from pg_stats as s
        where s.schemaname = v_class.nspname and s.tablename = v_class.relname and s.attname = p_policy.time_column
            and not s.inherited and s.correlation >= 0.95
    );
end
$$;

comment on function pydb_internal.retention_is_ordered(pydb.retention_policy, oid) is
'True if by the statistics the rows lie in the order of the time column, and the table is not small.';

revoke all on function pydb_internal.retention_is_ordered(pydb.retention_policy, oid) from public;
