-- pydb_internal.retention_goes_at (explain; by retention_row_rule): the first moment at which a row of some time and
-- keep has expired.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_goes_at(
    p_policy pydb.retention_policy,
    p_at timestamptz,
    p_keep interval
)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_days constant interval := date_trunc('day', p_keep);
    v_from timestamptz := p_at;
    v_goes timestamptz;
    v_day timestamp;
begin
    if p_keep is null or not isfinite(p_at) then
        return null;
    elsif p_policy.time_unit = 'date' then -- a date is over when its day is
        v_from := ((p_at at time zone p_policy.timezone) + interval '1 day') at time zone p_policy.timezone;
    end if;
    v_goes := ((v_from + (p_keep - v_days)) at time zone p_policy.timezone + v_days) at time zone p_policy.timezone;
    -- a month before the 30th of March is the 28th of February: the day on which the calendar has caught up
    v_day := date_trunc('day', v_goes at time zone p_policy.timezone);
    for v_more in 1 .. 4 loop
        exit when pydb_internal.retention_cut(p_keep, v_goes, p_policy.timezone) >= v_from;
        v_goes := (v_day + v_more * interval '1 day') at time zone p_policy.timezone;
    end loop;
    return v_goes;
exception when datetime_field_overflow or invalid_parameter_value then
    return null;
end
$$;

comment on function pydb_internal.retention_goes_at(pydb.retention_policy, timestamptz, interval) is
'When the cutoff of p_keep passes p_at, counted on the wall clock of the policy; null = never.';

revoke all on function pydb_internal.retention_goes_at(pydb.retention_policy, timestamptz, interval) from public;
