-- pydb_internal.hold_wake (release): the cascade jobs that waited for a hold, and go on now.
-- reads pydb.cascade_job, pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_wake()
returns bigint[]
language plpgsql
stable
security definer -- who releases a hold need not read the jobs; numbers are all it says
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select j.id
        from pydb.cascade_job as j
        left join pydb.job_run as r on r.id = j.run_id
        left join pydb.erasure as e on e.job = j.id
        where j.state in ('requested', 'approved', 'started') and (
            (r.stop_reason = 'held' and r.sqlstate = 'YD703') or (r.id is null and e.holds <> '{}')
        )
        order by j.id
    );
end
$$;

comment on function pydb_internal.hold_wake() is
'Jobs whose last run met a hold, or that were put off at their request: pydb.cascade_run() takes them up again.';

revoke all on function pydb_internal.hold_wake() from public;
