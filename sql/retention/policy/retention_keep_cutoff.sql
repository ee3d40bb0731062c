-- pydb_internal.retention_keep_cutoff (policy): the moment before which rows are older than keep, by the policy's own
-- time zone.
-- reads nothing   writes nothing   locks nothing
-- raises YD105
create or replace function pydb_internal.retention_keep_cutoff(p_policy pydb.retention_policy, p_now timestamptz)
returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_months constant integer := (
        extract(year from p_policy.keep) * 12 + extract(month from p_policy.keep)
    )::integer;
    v_days constant integer := extract(day from p_policy.keep)::integer;
    v_cutoff timestamptz := p_now;
begin
    -- months and days on the wall clock, hours in real time: on the morning when clocks go forward, an hour off the
    -- wall clock would be none at all
    if v_months <> 0 or v_days <> 0 then
        v_cutoff := ((p_now at time zone p_policy.timezone) - make_interval(months => v_months, days => v_days))
            at time zone p_policy.timezone;
    end if;
    v_cutoff := v_cutoff - (p_policy.keep - make_interval(months => v_months, days => v_days));
    if v_cutoff > clock_timestamp() then
        raise exception using errcode = 'YD105',
            message = format('policy %s: the cutoff is in the future', p_policy.name),
            detail = format('Now is taken as %s, keep is %s.', p_now, p_policy.keep),
            hint = 'Pass a p_now whose cutoff is not ahead of the server''s clock, or check that clock: select now();';
    end if;
    return v_cutoff;
end
$$;

comment on function pydb_internal.retention_keep_cutoff(pydb.retention_policy, timestamptz) is
'p_now minus keep, its months and days subtracted in the policy''s time zone, its hours in real time;
a cutoff ahead of the clock raises YD105.';

revoke all on function pydb_internal.retention_keep_cutoff(pydb.retention_policy, timestamptz) from public;
