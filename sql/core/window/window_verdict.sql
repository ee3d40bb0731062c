-- pydb_internal.window_verdict (window): may what is bound to these windows run at a moment, until when, or else from
-- when on.
-- reads pydb.run_window   writes nothing   locks nothing
-- raises YD822
create or replace function pydb_internal.window_verdict(
    p_names text[],
    p_kind text,
    p_at timestamptz,
    out names text[],
    out until timestamptz,
    out opens_at timestamptz
)
language plpgsql
stable
security definer -- runs read the windows without a right on the table
set search_path = pg_catalog, pg_temp
as $$
begin
    select w.names, w.until, w.opens_at into names, until, opens_at
    from pydb_internal.window_within(p_names, p_kind, p_at, '336 hours') as w;
end
$$;

comment on function pydb_internal.window_verdict(text[], text, timestamptz) is
'p_names, or where that is null those of the kind: names = the windows; until = open until then, infinity where there is
no window; null = closed, and opens_at = when one opens next. YD822 for a name that is none.';

revoke all on function pydb_internal.window_verdict(text[], text, timestamptz) from public;
