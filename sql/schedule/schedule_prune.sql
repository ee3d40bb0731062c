-- pydb.schedule_prune: remove old rows about our jobs from pg_cron's log and from our own.
-- reads and writes cron.job_run_details, pydb.schedule_claim, pydb.scheduler   writes pydb.metric_total; commits every
-- 10000 rows   locks the rows it deletes
-- raises YD001 keep is negative; warns YD007
create or replace procedure pydb.schedule_prune(p_keep interval default '30 days')
language plpgsql
as $$
declare
    v_before pg_catalog.timestamptz; -- resolved under the caller's search_path: no type goes without its schema
    v_rows bigint;
begin
    -- No SET clause: it would forbid COMMIT. Pinned again after each of them. Row security stays on: it shows a role
    -- its own rows of pg_cron's log, and no others are ours to delete.
    set local search_path = pg_catalog, pg_temp;
    set local row_security = on;
    if p_keep is null or p_keep < interval '0' then
        raise exception using
            errcode = 'YD001', message = 'p_keep must be an interval of zero or more',
            detail = format('p_keep = %s', coalesce(p_keep::text, 'null')),
            hint = 'call pydb.schedule_prune(''30 days'');';
    end if;
    if pydb_internal.run_is_read_only() then
        return;
    end if;
    v_before := clock_timestamp() - p_keep;
    commit;
    set transaction read write; -- whatever the default is
    set local search_path = pg_catalog, pg_temp;
    set local row_security = on;
    perform pydb_internal.schedule_failures_add();
    loop
        exit when pydb_internal.schedule_cron() is null;
        execute pydb_internal.schedule_prune_statement(p_keep, 10000);
        get diagnostics v_rows = row_count;
        exit when v_rows = 0;
        commit;
        set transaction read write;
        set local search_path = pg_catalog, pg_temp;
        set local row_security = on;
    end loop;
    loop
        delete from pydb.schedule_claim as c
        where (c.job, c.due_at) in (
            select o.job, o.due_at from pydb.schedule_claim as o
            where o.due_at < v_before and not pydb_internal.schedule_backend_alive(o.pid, o.backend_start)
            limit 10000
        );
        get diagnostics v_rows = row_count;
        exit when v_rows = 0;
        commit;
        set transaction read write;
        set local search_path = pg_catalog, pg_temp;
        set local row_security = on;
    end loop;
    delete from pydb.scheduler as s where s.heartbeat_at < v_before;
    commit;
end
$$;

comment on procedure pydb.schedule_prune(interval) is
'Deletes finished rows of pydb''s own jobs from cron.job_run_details that are older than p_keep, 10000 at a time, and
old rows of pydb.schedule_claim and pydb.scheduler. schedule_sync schedules it daily.';

revoke all on procedure pydb.schedule_prune(interval) from public;
