-- pydb_internal.cascade_is_held (held; by cascade_jobs_due): does a job wait for a hold that nobody has ended since its
-- last run?
-- reads pydb.job_run, pydb.hold   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_is_held(p_job pydb.cascade_job)
returns boolean
language plpgsql -- as the owner: cascade_jobs_due is
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
begin
    return exists (
        select from pydb.job_run as r
        where r.id = p_job.run_id and r.stop_reason = 'held' and r.sqlstate = 'YD703' and not exists (
            select from pydb.hold as h
            where h.released_at > r.finished_at or h.until between r.finished_at and v_now
                or (h.overrides is not null and h.placed_at > r.finished_at)
        )
    );
end
$$;

comment on function pydb_internal.cascade_is_held(pydb.cascade_job) is
'True: its last run met a hold, and no hold has been released, ended or overridden since: to run it again would meet it
again.';

revoke all on function pydb_internal.cascade_is_held(pydb.cascade_job) from public;
