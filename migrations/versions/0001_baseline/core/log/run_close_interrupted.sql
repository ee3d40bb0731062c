-- pydb_internal.run_close_interrupted (log; by run_close_dead): close runs whose process was seen to be gone.
-- reads and writes pydb.job_run   locks the rows it closes
-- raises nothing
create or replace function pydb_internal.run_close_interrupted(p_ids bigint[])
returns integer
language plpgsql
security definer -- see pydb_internal.run_open
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer;
begin
    update pydb.job_run as r
    set state = 'interrupted', stop_reason = 'error', finished_at = clock_timestamp(),
        detail = r.plan || r.detail, plan = '{}',
        error = coalesce(r.error, 'the server process of this run is gone')
    where r.id = any(p_ids) and r.state = 'running';
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

comment on function pydb_internal.run_close_interrupted(bigint[]) is
'Marks running runs as interrupted; returns how many were.';

revoke all on function pydb_internal.run_close_interrupted(bigint[]) from public;
