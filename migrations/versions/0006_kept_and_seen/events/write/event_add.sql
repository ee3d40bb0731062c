-- pydb_internal.event_add (write): write an event of one of pydb's own topics; for routines that run as the owner.
-- reads settings, pydb_internal.event_head   writes pydb_internal.event_waiting   locks nothing
-- raises nothing
create or replace function pydb_internal.event_add(p_topic text, p_payload jsonb)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into pydb_internal.event_waiting (topic, payload)
    select p_topic, jsonb_strip_nulls(p_payload)
    from pydb_internal.event_head as h
    -- where nobody has published for as long as events are kept, nobody will read them
    where h.seen_at > now() - (select s.value::interval from pydb.setting as s where s.name = 'event_keep')
        and (select s.value::boolean from pydb.setting as s where s.name = 'events');
$$;

comment on function pydb_internal.event_add(text, jsonb) is
'Writes an event unless setting events is off, or no publisher was seen for as long as events are kept. For routines
that run as the owner: nobody else may call it.';

revoke all on function pydb_internal.event_add(text, jsonb) from public;
