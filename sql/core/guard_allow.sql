-- pydb.guard_allow: let pydb delete in a database that was restored, promoted or copied; now, or beforehand; audited.
-- reads and writes pydb.guard_server   writes pydb.audit_log   locks its row
-- raises YD001 YD007
create or replace function pydb.guard_allow(
    p_reason text,
    p_next boolean default false,
    p_for interval default null
)
returns text
language plpgsql
security definer -- the table is writable to nobody else; EXECUTE is the right
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_is_ahead constant boolean := coalesce(p_next, false) or p_for is not null;
    v_problem text;
    v_old pydb.guard_server;
begin
    perform pydb_internal.run_check_read_write();
    if coalesce(btrim(p_reason), '') = '' then
        raise exception using errcode = 'YD001', message = 'a reason is needed',
            detail = 'It is kept with who allowed it.', hint = 'select pydb.guard_allow(''failover of Monday'');';
    elsif p_for <= interval '0' or p_for > interval '1 year' then
        raise exception using errcode = 'YD001', message = format('nothing can be allowed for %s', p_for),
            detail = 'It is more than nothing, and at most a year.',
            hint = 'select pydb.guard_allow(''failover of Monday'', p_for => ''2 hours'');';
    end if;
    perform pydb_internal.guard_admit(); -- the first time there is nothing to be changed yet
    select g.* into v_old from pydb.guard_server as g for update;
    v_problem := pydb_internal.guard_problem();
    if v_is_ahead then
        update pydb.guard_server
        set allow_next = coalesce(p_next, false), allow_until = v_now + p_for, allow_by = session_user,
            allow_at = v_now, allow_reason = p_reason;
    else
        perform pydb_internal.guard_remember(false);
    end if;
    perform pydb_internal.audit_add('guard_allow', current_database(), jsonb_strip_nulls(jsonb_build_object(
        'reason', p_reason, 'problem', v_problem, 'next', p_next, 'until', v_now + p_for, 'old', to_jsonb(v_old),
        'new', to_jsonb(pydb_internal.guard_read())
    )), null);
    return case
        when not v_is_ahead and v_problem is null then 'this is the database that pydb may delete in, as before'
        when not v_is_ahead then 'pydb deletes here again; it was held: ' || v_problem
        when p_for is null then 'the next change of server, timeline or place is taken as allowed, once'
        else format('%s until %s', case
            when p_next then 'the next change of server, timeline or place is taken as allowed, once,'
            else 'every change of server, timeline or place is taken as allowed' end, v_now + p_for)
    end;
end
$$;

comment on function pydb.guard_allow(text, boolean, interval) is
'Lets pydb delete here. After a restore, a promotion or a copy every deleting run is blocked (held) until this is called
where it should delete; p_reason is kept. Beforehand, for a planned failover: p_next allows the next change, once; p_for
every change within that time (both: the next one within it). Returns a sentence.';

revoke all on function pydb.guard_allow(text, boolean, interval) from public;
