-- pydb_internal.health_database (check; by health): the server: does it take writes, what holds vacuum back, what lets
-- runs rest.
-- reads settings, pg_stat_activity, what the indicators of the governor read   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_database()
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_snapshot constant pydb.governor_reading := pydb_internal.governor_oldest_snapshot(null);
    v_lag constant pydb.governor_reading := case
        when not pg_is_in_recovery() then pydb_internal.governor_replication_lag(null)
    end;
    v_version constant text := split_part(current_setting('server_version'), ' ', 1);
    v_findings jsonb;
begin
    select jsonb_agg(to_jsonb(f)) into v_findings
    from (
        select d.status, d.reason_code, d.summary, d.detail, d.hint from pydb_internal.doctor_server() as d
        where d.status <> 'ok'
        union all
        select 'error', 'guard_held', 'nothing is deleted: ' || s.problem, null,
            'if this is where it should delete: pydb guard allow ''why'''
        from pydb.guard_status as s
        where s.state = 'held'
        union all
        select 'degraded', 'kill_switch', 'the kill switch is on: nothing deletes', null, 'pydb retention resume'
        where pydb_internal.setting_get(p_name => 'kill_switch')::boolean
        union all
        select 'degraded', 'old_transaction', format(
            'a transaction is open for %s: what is deleted stays in its files', make_interval(
                secs => round(v_snapshot.value)
            )
        ), v_snapshot.reason, 'select * from pydb.vacuum_holder;'
        where v_snapshot.value > 3600
        union all
        select d.status, 'governor_' || d.reason_code, d.summary, d.detail, d.hint
        from pydb_internal.doctor_governor() as d
        where d.status <> 'ok' and not pg_is_in_recovery()
        union all
        select 'error', 'no_counts', 'track_counts is off: pydb cannot tell what a delete takes along', null,
            'alter system set track_counts = on; select pg_reload_conf();'
        where current_setting('track_counts') = 'off'
    ) as f;
    return pydb_internal.health_say(
        jsonb_strip_nulls(jsonb_build_object(
            'version', v_version, 'in_recovery', pg_is_in_recovery(),
            'oldest_transaction_seconds', round(v_snapshot.value), 'replication_lag_bytes', v_lag.value,
            'kill_switch', pydb_internal.setting_get(p_name => 'kill_switch')::boolean
        )),
        v_findings, case
            when pg_is_in_recovery() then format('PostgreSQL %s, a standby: nothing runs here', v_version)
            else format('PostgreSQL %s takes writes', v_version)
        end
    );
end
$$;

comment on function pydb_internal.health_database() is
'Component database: version, standby, guard, kill switch, oldest transaction (degraded from an hour on), indicators of
the governor.';

revoke all on function pydb_internal.health_database() from public;
