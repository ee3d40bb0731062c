-- pydb.schedule_set: schedule a procedure as a whole, or no longer; audited.
-- reads and writes pydb.schedule_source   writes pydb.audit_log   locks the row it changes
-- raises YD007 YD501 YD504
create or replace function pydb.schedule_set(p_job text, p_schedule text)
returns pydb.schedule_source
language plpgsql
security definer -- the table itself is writable to nobody else; EXECUTE is the right
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.schedule_source;
    v_new pydb.schedule_source;
begin
    perform pydb_internal.run_check_read_write();
    select s.* into v_old from pydb.schedule_source as s where s.procedure = p_job for update;
    if not found then
        raise exception using errcode = 'YD504', message = format('%L cannot be scheduled as a whole', p_job),
            detail = 'Known: ' || (
                select string_agg(s.procedure, ', ' order by s.procedure)
                from pydb.schedule_source as s
                where s.subjects is null
            ),
            hint = 'select procedure, schedule, description from pydb.schedule_source;';
    elsif v_old.subjects is not null then
        raise exception using errcode = 'YD504', message = format('%L cannot be scheduled as a whole', p_job),
            detail = format('It %s.', v_old.description),
            hint = format('select job_name, schedule from pydb.schedule_status where kind = %L;', v_old.kind);
    end if;
    if p_schedule is not null then
        perform pydb_internal.cron_check(p_schedule);
    end if;
    -- as it is: nothing is changed, and what is due stays due
    if v_old.schedule is not distinct from p_schedule then
        return v_old;
    end if;
    update pydb.schedule_source as s
    set schedule = p_schedule, updated_at = clock_timestamp(), updated_by = session_user
    where s.procedure = p_job
    returning s.* into v_new;
    perform pydb_internal.audit_add(
        'schedule_set', p_job, jsonb_build_object('old', v_old.schedule, 'new', v_new.schedule), null
    );
    return v_new;
end
$$;

comment on function pydb.schedule_set(text, text) is
'Gives a procedure that can be scheduled as a whole (pydb.schedule_source: cascade_run, orphan_scan_run, …) a cron
expression of five fields, in UTC, and returns its row; null = it is not scheduled. pg_cron follows with the next
pydb.schedule_sync, `pydb schedule run` at once. The schedule of a policy is set with the policy. Checked like that
(YD501) and audited; setting it again as it is changes nothing.';

revoke all on function pydb.schedule_set(text, text) from public;
