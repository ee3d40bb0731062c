-- pydb_internal.window_within (window): may what is bound to these windows run at a moment, until when, or else from
-- when on.
-- reads pydb.run_window   writes nothing   locks nothing
-- raises YD822
create or replace function pydb_internal.window_within(
    p_names text[],
    p_kind text,
    p_at timestamptz,
    p_far interval,
    out names text[],
    out until timestamptz,
    out opens_at timestamptz
)
language plpgsql
stable
security definer -- runs read the windows without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_windows pydb.run_window[];
    v_next timestamptz := p_at;
begin
    select array_agg(w order by w.name), array_agg(w.name order by w.name) into v_windows, names
    from pydb.run_window as w
    where case when p_names is null then w.kinds && array[p_kind, 'all'] else w.name = any(p_names) end;
    if not names @> p_names or (names is null and cardinality(p_names) > 0) then
        raise exception using errcode = 'YD822',
            message = format('there is no window %s', array_to_string(array(
                select n from unnest(p_names) as n where n <> all(coalesce(names, '{}')) order by n
            ), ', ')),
            detail = 'What is bound to it runs at no time.',
            hint = 'select * from pydb.window_status; select pydb.window_set(''nights'', ''22:00'', ''06:00'');';
    elsif names is null then
        until := 'infinity';
        return;
    end if;
    -- where one closes another may be open
    for v_try in 1..32 loop
        v_next := (select max(pydb_internal.window_until(w, v_next)) from unnest(v_windows) as w);
        exit when v_next is null;
        until := v_next;
        if until > p_at + p_far then
            until := 'infinity';
            return;
        end if;
    end loop;
    if until is null then
        opens_at := (select min(pydb_internal.window_opens(w, p_at)) from unnest(v_windows) as w);
    end if;
end
$$;

comment on function pydb_internal.window_within(text[], text, timestamptz, interval) is
'p_names, or where that is null those of the kind: names = the windows; until = open until then, infinity where there is
no window; null = closed, and opens_at = when one opens next. YD822 for a name that is
none. p_far: what is open for longer than that is open for ever, as far as it matters.';

revoke all on function pydb_internal.window_within(text[], text, timestamptz, interval) from public;
