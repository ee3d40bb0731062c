-- pydb_internal.doctor_guard (guard; by doctor): whether this is the database that pydb may delete in, which policies
-- wait for approval, and whose tables changed.
-- reads pydb.guard_status, pydb.guard_subject, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_guard()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_guard pydb.guard_status;
begin
    if not has_table_privilege('pydb.guard_status', 'SELECT') then
        return;
    end if;
    select s.* into v_guard from pydb.guard_status as s;
    return query select
        'guard', case v_guard.state when 'held' then 'error' when 'allowed' then 'degraded' else 'ok' end,
        'guard_' || v_guard.state,
        case v_guard.state
            when 'held' then 'deleting runs are blocked: ' || v_guard.problem
            when 'allowed' then 'the next deleting run takes this as allowed beforehand: ' || v_guard.problem
            when 'standby' then 'a standby: nothing can be deleted here'
            when 'open' then 'nothing is remembered of this server yet; the first deleting run does it'
            else 'this is the server and database that pydb may delete in'
        end,
        case when v_guard.allow_next or v_guard.allow_until is not null then format(
            'allowed beforehand by %s%s: %s', v_guard.allow_by,
            coalesce(' until ' || date_trunc('second', v_guard.allow_until)::text, ''), v_guard.allow_reason
        ) end,
        case v_guard.state when 'held' then 'if this is where it should delete: pydb guard allow ''why''' end;
    return query
    select
        'guard', 'degraded', 'policy_waiting', format('policy %s waits for approval', p.name), u.problem,
        pydb_internal.shell_command('pydb policy approve', array[p.name])
    from pydb.retention_policy as p
    cross join lateral (
        select pydb_internal.guard_waiting_problem(p.name, pydb_internal.retention_version(p)) as problem
    ) as u
    where p.enabled and u.problem is not null;
    return query
    select
        'guard', 'degraded', 'schema_drift',
        format('the tables of %s %s changed since it was set or approved', d.subject, d.name), left(d.changes, 500),
        pydb_internal.shell_command(format('pydb %s approve', d.subject), array[d.name])
    from (
        select
            'policy' as subject, r.policy as name,
            string_agg(concat_ws(' ', r.kind, r.object, r.change), ', ' order by r.holds desc, r.object) as changes
        from pydb.retention_policy_drift() as r
        group by r.policy
        union all
        select
            'entity', e.name,
            string_agg(concat_ws(' ', e.kind, e.object, e.change), ', ' order by e.holds desc, e.object)
        from pydb.entity_drift() as e
        group by e.name
    ) as d
    where exists (
        select from pydb.guard_subject as s
        where s.kind = d.subject and s.name = d.name
            and coalesce(s.schema_drift, pydb_internal.setting_get(p_name => 'schema_drift')) <> 'off'
    );
    if v_guard.system_identifier is null and v_guard.database_oid is not null then
        return query select
            'guard', 'degraded', 'guard_blind', 'the system identifier of the server cannot be read',
            'A dump that is restored into a database of the same number in another server is not noticed.',
            'grant execute on function pg_control_system() to the owner of schema pydb';
    end if;
end
$$;

comment on function pydb_internal.doctor_guard() is
'Rows of pydb.doctor about the guard: ok, held, allowed beforehand, standby, open; policies that wait
for approval, tables that changed, and what cannot be known.';

revoke all on function pydb_internal.doctor_guard() from public;
