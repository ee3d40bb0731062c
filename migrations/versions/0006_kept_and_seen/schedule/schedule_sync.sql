-- pydb.schedule_sync: make pg_cron's jobs what the schedules say, of policies and of whole procedures.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.setting   writes cron.job (by pg_cron), pydb.audit_log locks
-- one transaction-level advisory lock
-- raises YD007 standby, YD502 pg_cron unusable, YD503 wrong database
create or replace function pydb.schedule_sync(p_dry_run boolean default false)
returns table (
    job_name text,
    policy text,
    action text,
    schedule text,
    command text,
    database text,
    role text,
    reason text,
    kind text,
    subject text
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_actions jsonb;
    v_statement text;
begin
    if pg_is_in_recovery() then
        raise exception using
            errcode = 'YD007',
            message = 'this server is a standby: nothing can be scheduled here',
            detail = 'the jobs of the primary come over with its data and run after a promotion',
            hint = 'run it on the primary';
    end if;
    if not p_dry_run then
        perform pydb_internal.run_check_read_write();
    end if;
    -- Two at once would both find a job missing. Ends with the transaction; nobody else takes this key.
    perform pg_advisory_xact_lock(hashtextextended('pydb.schedule_sync', 0));
    if pydb_internal.setting_get(p_name => 'schedule_backend') in ('pydb', 'external')
        and (select s.place from pydb_internal.schedule_place() as s) not in ('here', 'elsewhere')
    then
        return;
    end if;
    perform pydb_internal.schedule_require();
    select jsonb_agg(to_jsonb(a)) into v_actions
    from pydb_internal.schedule_plan(pydb_internal.schedule_cron()) as a;
    if not p_dry_run then
        for v_statement in
            select s.statement
            from jsonb_array_elements(v_actions) with ordinality as a (action, position)
            cross join jsonb_array_elements_text(a.action -> 'statements') with ordinality as s (statement, position)
            -- removals first: a job that is made anew or given to another role must not meet its old self
            order by a.action ->> 'action' <> 'remove', a.position, s.position
        loop
            execute v_statement;
        end loop;
        perform pydb_internal.schedule_audit(v_actions);
    end if;
    return query
    select
        a.job_name, a.policy, a.action, a.schedule, a.command, a.database, a.role, a.reason, a.kind, a.subject
    from jsonb_to_recordset(v_actions) as a (
        job_name text, policy text, action text, schedule text, command text, database text, role text, reason text,
        kind text, subject text
    );
end
$$;

comment on function pydb.schedule_sync(boolean) is
'Makes pg_cron''s jobs what the schedules say, of policies and of procedures as a whole (pydb.schedule_set), and returns
one row a job: action create, update, remove or keep, and the reason. Touches no job that is not pydb''s. With the
setting schedule_backend = pydb or external it only removes pydb''s jobs. p_dry_run = only say what would be done. Where
pg_cron lives in another database of the server (YD503): `pydb schedule sync`.';

revoke all on function pydb.schedule_sync(boolean) from public;
