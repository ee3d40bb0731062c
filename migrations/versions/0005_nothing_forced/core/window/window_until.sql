-- pydb_internal.window_until (window): until when a window that is open now stays so.
-- reads the time zone   writes nothing   locks nothing
-- raises what an unknown time zone raises
create or replace function pydb_internal.window_until(p_window pydb.run_window, p_at timestamptz)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_local timestamp := p_at at time zone p_window.timezone;
    v_day date := v_local::date;
    v_open timestamp;
    v_close timestamp;
    v_shift timestamptz;
    v_from timestamptz := p_at;
begin
    -- the window that opened today, else that of yesterday, which may go on beyond midnight
    for v_back in 0..1 loop
        v_open := v_day - v_back + p_window.opens;
        v_close := v_day - v_back + p_window.closes;
        if p_window.closes <= p_window.opens then
            v_close := v_close + interval '1 day';
        end if;
        continue when v_local < v_open or v_local >= v_close
            or ('{mon,tue,wed,thu,fri,sat,sun}'::text[])[extract(isodow from v_open)::integer]
            <> all(p_window.weekdays);
        -- What the clock on the wall says counts, an hour that comes twice twice, and one that is left out not at all.
        v_shift := pydb_internal.window_shift(
            p_window.timezone, p_at, p_at + make_interval(secs => extract(epoch from v_close - v_local)::float8)
        );
        if v_shift is not null then
            v_from := v_shift;
            v_local := v_shift at time zone p_window.timezone;
            if v_local < v_open or v_local >= v_close then
                return v_shift;
            end if;
        end if;
        return v_from + make_interval(secs => extract(epoch from v_close - v_local)::float8);
    end loop;
    return null;
end
$$;

comment on function pydb_internal.window_until(pydb.run_window, timestamptz) is
'The moment at which the window closes; null = it is not open. It is open while the clock of its time zone is between
opens and closes, on the days on which it opens.';

revoke all on function pydb_internal.window_until(pydb.run_window, timestamptz) from public;
