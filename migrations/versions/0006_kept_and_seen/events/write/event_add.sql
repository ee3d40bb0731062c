-- pydb_internal.event_add (write): write an event of one of pydb's own topics; for routines that run as the owner.
-- reads settings, pydb_internal.event_head   writes pydb_internal.event_waiting   locks nothing
-- raises nothing
create or replace function pydb_internal.event_add(p_topic text, p_payload jsonb)
returns void
language plpgsql -- it keeps its plan
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into pydb_internal.event_waiting (topic, payload)
    select p_topic, jsonb_strip_nulls(p_payload)
    from pydb_internal.event_head as h
    inner join pydb.setting as s on s.name = 'events' and s.value::boolean
    inner join pydb.setting as k on k.name = 'event_keep'
    -- where nobody has published for as long as events are kept, nobody will read them; updated_at: the installation
    where coalesce(h.seen_at, s.updated_at) > now() - k.value::interval;
end
$$;

comment on function pydb_internal.event_add(text, jsonb) is
'Writes an event unless setting events is off, or no publisher was seen for as long as events are kept. For routines
that run as the owner: nobody else may call it.';

revoke all on function pydb_internal.event_add(text, jsonb) from public;
