-- pydb_internal.schedule_plan (cron): the actions of a sync by the role that pg_cron's document was read as.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.setting   writes nothing   locks nothing
-- raises YD502 the role may not write jobs for another, YD901 a command that is not one CALL; warns YD505
create or replace function pydb_internal.schedule_plan(p_cron jsonb)
returns table (
    job_name text,
    policy text,
    action text,
    schedule text,
    command text,
    database text,
    role text,
    reason text,
    statements text[],
    kind text,
    subject text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role constant text := coalesce(pydb_internal.setting_get(p_name => 'schedule_role'), p_cron ->> 'role');
    v_bad text;
    v_hurdle record;
begin
    if not exists (select from pg_roles as r where r.rolname = v_role) then
        raise exception using
            errcode = 'YD502',
            message = format('role %L, which the jobs should run as, does not exist', v_role),
            detail = 'it is the value of the setting schedule_role',
            hint = 'select pydb.setting_set(''schedule_role'', ''name of a role'');';
    end if;
    if v_role <> p_cron ->> 'role' and not (p_cron ->> 'superuser')::boolean then
        raise exception using
            errcode = 'YD502',
            message = format('role %L cannot write jobs that run as %L', p_cron ->> 'role', v_role),
            detail = 'schedule_role says who runs them; pg_cron lets only a superuser schedule for another role',
            hint = format('connect as %I, or as a superuser, and sync again', v_role);
    end if;
    select w.command into v_bad
    from pydb_internal.schedule_wanted(true) as w
    where not pydb_internal.schedule_is_command(w.command, w.procedure, w.subject)
    limit 1;
    if found then
        raise exception using
            errcode = 'YD901',
            message = 'a command to be scheduled is not exactly one CALL',
            detail = v_bad,
            hint = 'this is a defect of pydb; please report it';
    end if;
    -- said at once: the first night is a bad time to find out
    for v_hurdle in
        select string_agg(distinct p.name, ', ') as policies, h.message, min(h.hint) as hint
        from pydb_internal.schedule_wanted(true) as w
        inner join pydb.retention_policy as p on p.name = w.policy
        inner join pg_class as c on c.oid = p.target
        cross join lateral pydb_internal.retention_hurdles(p, to_regrole(quote_ident(v_role))::oid) as h
        group by h.message
    loop
        raise warning using errcode = 'YD505',
            message = format('jobs that would be blocked (%s): %s', v_hurdle.policies, v_hurdle.message),
            hint = v_hurdle.hint;
    end loop;
    return query
    select
        a.job_name, a.policy, a.action, a.schedule, a.command, a.database, a.role, a.reason, a.statements, a.kind,
        a.subject
    from pydb_internal.schedule_actions(p_cron, v_role) as a;
end
$$;

comment on function pydb_internal.schedule_plan(jsonb) is
'What a sync does, one row a job, with the statements that do it where pg_cron lives. p_cron = document of
pydb_internal.schedule_cron_query(), read by the role that will run the statements.';

revoke all on function pydb_internal.schedule_plan(jsonb) from public;
