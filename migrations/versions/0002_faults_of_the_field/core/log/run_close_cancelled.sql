-- pydb_internal.run_close_cancelled (log; for pydb/runs.py): close the runs of a request that a cancel left open: one
-- that falls on a COMMIT, or between two batches, cannot be caught by the run itself.
-- reads pg_stat_activity, pydb.job_run   writes pydb.job_run locks the rows it closes
-- raises nothing
create or replace function pydb_internal.run_close_cancelled(p_kind text, p_request uuid)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.run_close_interrupted(array(
        select d.id
        from pydb_internal.run_dead(p_kind, null) as d
        inner join pydb_internal.run_live(p_kind, null) as r on r.id = d.id
        where r.request = p_request
    ), 'cancelled');
end
$$;

comment on function pydb_internal.run_close_cancelled(text, uuid) is
'Closes as cancelled the runs of a request that are still open although nobody is at them; returns how many. For the
caller who cancelled them.';

revoke all on function pydb_internal.run_close_cancelled(text, uuid) from public;
