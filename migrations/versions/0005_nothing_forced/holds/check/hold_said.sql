-- pydb_internal.hold_said (check): holds as a sentence: who placed each, when and why.
-- reads pydb.hold   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_said(p_names text[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(string_agg(format(
        'Hold %s, placed by %s at %s: %s%s', h.name, h.placed_by, date_trunc('second', h.placed_at), h.reason,
        coalesce(' (until ' || h.until || ')', '')
    ), '; ' order by h.placed_at), 'A hold.')
    from pydb_internal.hold_active() as h
    where h.name = any(p_names);
$$;

comment on function pydb_internal.hold_said(text[]) is 'What a refusal says of the holds that it is for.';

revoke all on function pydb_internal.hold_said(text[]) from public;
