-- pydb.event_publish: write an event of the application; whoever reads gets it after the commit.
-- reads pydb.setting, pydb_internal.event_head   writes pydb_internal.event_waiting   locks nothing
-- raises YD007 YD030
create or replace function pydb.event_publish(
    p_topic text,
    p_payload jsonb default '{}'::jsonb,
    p_workspace text default null
)
returns bigint
language plpgsql
security definer -- the table is writable to nobody; EXECUTE is the right, and pydb's own topics are refused
set search_path = pg_catalog, pg_temp
as $$
declare
    c_own constant text[] := '{runs,policies,cascades,orphans,claims,health,reset,events}'::text[];
    v_bytes constant integer := octet_length(p_payload::text);
    v_waiting bigint;
    v_problem text;
    v_id bigint;
begin
    if p_topic ~ '^[a-z][a-z0-9_.-]{0,62}$' and p_topic <> all(c_own) and v_bytes <= 64 and p_workspace is null then
        null; -- most are so, and what is looked at below costs as much as the row
    elsif p_topic is null or p_topic !~ '^[a-z][a-z0-9_.-]{0,62}$' then
        v_problem := format('topic %L: it begins with a small letter, then letters, digits, _ . -', left(p_topic, 80));
    elsif p_topic = any(c_own) then
        v_problem := format('topic %s belongs to pydb itself', p_topic);
    elsif p_payload is null then
        v_problem := 'the payload is null: an event without one has {}';
    elsif p_workspace = '' or octet_length(p_workspace) > 255 then
        v_problem := 'a workspace has 1 to 255 bytes, or is null';
    elsif v_bytes > 64 and v_bytes > ( -- the least that the setting can be
        select s.value::integer from pydb.setting as s where s.name = 'event_max_bytes'
    ) then
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
    -- how many wait, by the ids that were given since: a count would cost what waits
    insert into pydb_internal.event_waiting as w (topic, workspace, payload)
    values (p_topic, p_workspace, p_payload)
    returning w.id, w.id - (select h.last_id from pydb_internal.event_head as h) into v_id, v_waiting;
    if v_waiting > 1000 and v_waiting > ( -- the least that the setting can be
        select s.value::bigint from pydb.setting as s where s.name = 'event_max_waiting'
    ) and pydb_internal.event_is_full(v_id) then
        raise exception using errcode = 'YD030', message = 'the event is refused',
            detail = format('%s events wait to be published: setting event_max_waiting.', v_waiting - 1),
            hint = 'pydb events status';
    end if;
    return v_id;
end
$$;

comment on function pydb.event_publish(text, jsonb, text) is
'Writes an event in the caller''s transaction and returns its id: it is there if that commits. p_topic is the
application''s own (YD030 for one of pydb''s), p_payload has at most event_max_bytes, 100 levels, and no number of 200
digits; no more than event_max_waiting wait (YD030). It gets its place in the stream from the publisher
(pydb events publish, pydb serve, or pydb.event_run), mostly within a tenth of a second.';

revoke all on function pydb.event_publish(text, jsonb, text) from public;
