-- pydb_internal.doctor_guard (guard; by doctor): whether this is the server and database that pydb may delete in.
-- reads pydb.guard_status   writes nothing   locks nothing
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
    if v_guard.system_identifier is null and v_guard.database_oid is not null then
        return query select
            'guard', 'degraded', 'guard_blind', 'the system identifier of the server cannot be read',
            'A dump that is restored into a database of the same number in another server is not noticed.',
            'grant execute on function pg_control_system() to the owner of schema pydb';
    end if;
end
$$;

comment on function pydb_internal.doctor_guard() is
'Rows of pydb.doctor about the guard: ok, held, allowed beforehand, standby, open, and what cannot be known.';

revoke all on function pydb_internal.doctor_guard() from public;
