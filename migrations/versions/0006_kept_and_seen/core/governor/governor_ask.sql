-- pydb_internal.governor_ask (governor): ask every indicator, and say what its value means.
-- reads what the indicators read   writes nothing   locks nothing
-- raises nothing: an indicator that raises is unknown
create or replace function pydb_internal.governor_ask(p_relation regclass, p_seen jsonb)
returns table (
    indicator text, value double precision, unit text, threshold double precision, signal text, ratio double precision,
    reason text, back_off interval, patience interval
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_one record;
    v_reading pydb.governor_reading;
    v_ours text[];
    v_problem text;
begin
    for v_one in
        select g.* from pydb_internal.governor_indicators() as g order by g.name
    loop
        v_reading := null;
        v_problem := null;
        if not v_one.enabled then
            v_reading.reason := 'it is turned off';
        elsif v_one.function is null and p_seen ? v_one.name then
            v_reading := jsonb_populate_record(null::pydb.governor_reading, p_seen -> v_one.name);
        elsif v_one.function is null then
            v_reading := case v_one.name
                when 'archive_backlog' then pydb_internal.governor_archive_backlog(p_relation)
                when 'autovacuum' then pydb_internal.governor_autovacuum(p_relation)
                when 'disk_used' then pydb_internal.governor_disk_used(p_relation)
                when 'lock_waiters' then pydb_internal.governor_lock_waiters(p_relation)
                when 'oldest_snapshot' then pydb_internal.governor_oldest_snapshot(p_relation)
                when 'replication_delay' then pydb_internal.governor_replication_delay(p_relation)
                when 'replication_lag' then pydb_internal.governor_replication_lag(p_relation)
                when 'slot_wal' then pydb_internal.governor_slot_wal(p_relation)
            end;
        else
            v_problem := (pydb_internal.governor_function_problem(
                v_one.function, v_one.author_role, to_regrole(quote_ident(current_user))::oid
            )).problem;
            if v_problem is null then
                begin
                    v_ours := pydb_internal.application_enter(); -- the DBA's own code
                    execute format('select r.* from %s($1) as r', v_one.function) into v_reading using p_relation;
                    perform pydb_internal.application_leave(v_ours);
                exception when others then
                    v_problem := format('%s: %s (%s)', v_one.function, sqlerrm, sqlstate);
                end;
            end if;
            if v_problem is not null then
                v_reading := row(null, v_reading.unit, false, v_problem)::pydb.governor_reading;
            end if;
        end if;
        if v_reading.known and coalesce(v_reading.value = 'NaN', true) then
            v_reading.known := false;
            v_reading.reason := concat_ws(', ', 'it has no value', v_reading.reason);
        end if;
        indicator := v_one.name;
        value := v_reading.value;
        unit := coalesce(v_reading.unit, v_one.unit);
        threshold := v_one.threshold;
        ratio := case when threshold > 0 then value / threshold when value > 0 then 'Infinity'::float8 else 0 end;
        signal := case
            when v_reading.known is null then 'not_available'
            when not v_reading.known then 'unknown'
            when value > threshold then 'stop'
            when value > threshold / 2 then 'slow'
            else 'ok'
        end;
        reason := v_reading.reason;
        back_off := v_one.back_off;
        patience := v_one.patience;
        return next;
    end loop;
end
$$;

comment on function pydb_internal.governor_ask(regclass, jsonb) is
'One row an indicator, of a table (null = of the database): value, unit and reason as it tells, and the signal: ok, slow
(above half of its threshold), stop (above it), unknown (it should be known, and is not) or not_available. What p_seen
has of an indicator is not asked again.';

revoke all on function pydb_internal.governor_ask(regclass, jsonb) from public;
