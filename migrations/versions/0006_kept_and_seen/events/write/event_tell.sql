-- pydb_internal.event_tell (write): write an event if something is not as it was last told; for routines that run as
-- the owner.
-- reads and writes pydb_internal.event_told   writes pydb_internal.event_waiting   locks the row of the subject
-- raises nothing
create or replace function pydb_internal.event_tell(p_topic text, p_subject text, p_state text, p_payload jsonb)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old text;
begin
    select t.state into v_old from pydb_internal.event_told as t where t.topic = p_topic and t.subject = p_subject;
    -- what is well when it is first looked at is no news
    if p_state is null or coalesce(v_old, 'ok') = p_state then
        return false;
    end if;
    insert into pydb_internal.event_told as t (topic, subject, state, told_at)
    values (p_topic, p_subject, p_state, clock_timestamp())
    on conflict (topic, subject) do update
    set state = excluded.state, told_at = excluded.told_at
    where t.state <> excluded.state;
    if found then
        perform pydb_internal.event_add(
            p_topic, jsonb_build_object('subject', p_subject, 'state', p_state, 'was', coalesce(v_old, 'ok'))
            || coalesce(p_payload, '{}')
        );
    end if;
    return found;
end
$$;

comment on function pydb_internal.event_tell(text, text, text, jsonb) is
'For what is looked at again and again: an event {subject, state, was} and p_payload where the state is another than the
one that was told last (at first: ok). True if it is. Of several that see the same change one writes it.';

revoke all on function pydb_internal.event_tell(text, text, text, jsonb) from public;
