-- pydb_internal.event_check (write; by event_publish): refuse an event that its application may not write.
-- reads pydb.setting   writes nothing   locks nothing
-- raises YD007 YD030
create or replace function pydb_internal.event_check(p_topic text, p_payload jsonb, p_workspace text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_own constant text[] := '{runs,policies,cascades,orphans,claims,health,reset,events}'::text[];
    v_bytes constant integer := octet_length(p_payload::text);
    v_problem text;
begin
    if p_topic is null or p_topic !~ '^[a-z][a-z0-9_.-]{0,62}$' then
        v_problem := format('topic %L: it begins with a small letter, then letters, digits, _ . -', left(p_topic, 80));
    elsif p_topic = any(c_own) then
        v_problem := format('topic %s belongs to pydb itself', p_topic);
    elsif p_payload is null then
        v_problem := 'the payload is null: an event without one has {}';
    elsif p_workspace = '' or octet_length(p_workspace) > 255 then
        v_problem := 'a workspace has 1 to 255 bytes, or is null';
    elsif v_bytes > (select s.value::integer from pydb.setting as s where s.name = 'event_max_bytes') then
        v_problem := format('the payload has %s bytes, more than setting event_max_bytes', v_bytes);
    -- shorter ones hold neither; a reader that cannot take one event would never come to those behind it
    elsif v_bytes > 200 and jsonb_path_exists(p_payload, '$.**{101}') then
        v_problem := 'the payload is nested deeper than 100 levels, which not every reader can take';
    elsif v_bytes > 200 and p_payload::text ~ '[0-9]{200}'
        and regexp_replace(p_payload::text, '"(?:[^"\\]|\\.)*"', '', 'g') ~ '[0-9]{200}' then
        v_problem := 'the payload has a number of 200 digits or more, which not every reader can take';
    end if;
    if v_problem is not null then
        perform pydb_internal.run_check_read_write();
        raise exception using errcode = 'YD030', message = 'the event is refused', detail = v_problem,
            hint = 'select pydb.event_publish(''orders'', ''{"order": 5}'', ''workspace 1'');';
    end if;
end
$$;

comment on function pydb_internal.event_check(text, jsonb, text) is
'Raises YD030 where the topic is pydb''s own or no name, the payload null, too long, too deep or with a number that not
every reader can take, or the workspace empty or too long.';

revoke all on function pydb_internal.event_check(text, jsonb, text) from public;
