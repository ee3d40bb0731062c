-- destroys: all policies, settings, references, jobs, quarantined rows, idempotency keys, run records and audit records of pydb
do $$
begin
    -- Jobs that call what is gone would fail every night from now on. This value of the setting wants none.
    update pydb.setting set value = 'pydb' where name = 'schedule_backend';
    perform from pydb.schedule_sync();
exception
    when sqlstate 'YD502' or sqlstate 'YD503' then
        raise warning 'jobs of pydb in pg_cron could not be removed: %', sqlerrm
            using hint = 'select cron.unschedule(jobname) from cron.job where jobname like ''pydb%'';';
end
$$;
