-- pydb_internal.retention_chunk_check (chunk): refuse a target that is no table with rows of its own; a hypertable only
-- where TimescaleDB is to drop its chunks.
-- reads the catalog, and that of TimescaleDB   writes nothing   locks nothing
-- raises YD003 YD106 YD120
create or replace function pydb_internal.retention_chunk_check(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem text;
begin
    if p_policy.action is distinct from 'drop_partition'
        or not pydb_internal.relation_is_hypertable(p_policy.target)
    then
        perform pydb_internal.retention_check_target(p_policy.target, p_policy.builtin);
        return;
    end if;
    v_problem := pydb_internal.retention_chunk_problem(p_policy);
    if v_problem is not null then
        raise exception using errcode = 'YD120',
            message = format('%s has no chunks that policy %s could drop', pydb_internal.relation_name(
                p_policy.target
            ), p_policy.name),
            detail = v_problem || '.',
            hint = 'select * from timescaledb_information.dimensions; -- or let TimescaleDB do it: drop_chunks';
    end if;
end
$$;

comment on function pydb_internal.retention_chunk_check(pydb.retention_policy) is
'Raises YD003 unless the target is an ordinary or partitioned table, or a hypertable whose chunks the policy drops;
YD120 where it is one and drop_chunks cannot do what the policy says.';

revoke all on function pydb_internal.retention_chunk_check(pydb.retention_policy) from public;
