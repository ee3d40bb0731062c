-- pydb_internal.window_shift (window): when a time zone changes its clock, between two moments.
-- reads the time zone   writes nothing   locks nothing
-- raises what an unknown time zone raises
create or replace function pydb_internal.window_shift(p_timezone text, p_from timestamptz, p_until timestamptz)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_offset constant interval := (p_from at time zone p_timezone) - (p_from at time zone 'UTC');
    v_from timestamptz := p_from;
    v_until timestamptz := p_until;
    v_middle timestamptz;
begin
    if (p_until at time zone p_timezone) - (p_until at time zone 'UTC') = v_offset then
        return null;
    end if;
    -- clocks change at whole seconds
    while v_until - v_from > interval '1 ms' loop
        v_middle := v_from + (v_until - v_from) / 2;
        if (v_middle at time zone p_timezone) - (v_middle at time zone 'UTC') = v_offset then
            v_from := v_middle;
        else
            v_until := v_middle;
        end if;
    end loop;
    return date_trunc('second', v_until);
end
$$;

comment on function pydb_internal.window_shift(text, timestamptz, timestamptz) is
'The moment between the two from which the clock of the zone goes differently; null = it does not. Two changes that undo
each other in between are not seen.';

revoke all on function pydb_internal.window_shift(text, timestamptz, timestamptz) from public;
