-- pydb_internal.retention_cut (rules): a moment less a keep, months and days on the wall clock of a zone, hours in real
-- time.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_cut(p_keep interval, p_now timestamptz, p_timezone text)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_days constant interval := date_trunc('day', p_keep);
begin
    -- on the morning when clocks go forward, an hour off the wall clock would be none at all
    return case
        when v_days = interval '0' then p_now else (p_now at time zone p_timezone - v_days) at time zone p_timezone
    end - (p_keep - v_days);
end
$$;

comment on function pydb_internal.retention_cut(interval, timestamptz, text) is
'p_now minus p_keep; retention_until_text says the same as SQL text.';

revoke all on function pydb_internal.retention_cut(interval, timestamptz, text) from public;
