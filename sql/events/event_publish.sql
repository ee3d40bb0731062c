-- pydb.event_publish: write an event of the application; whoever reads gets it after the commit.
-- reads pydb_internal.event_head, and pydb.setting where it must   writes pydb_internal.event_waiting   locks nothing
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
    v_id bigint;
    v_waiting bigint;
begin
    -- Every transaction with an event pays for what stands here: expressions that need no query, no more variables than
    -- they must, and a pattern that does not count. Whatever these do not let pass is looked at elsewhere.
    if (
        p_topic ~ '^[a-z][a-z0-9_.-]*$' and octet_length(p_topic) <= 63
        and p_topic <> all('{runs,policies,cascades,orphans,claims,health,reset,events}'::text[])
        and octet_length(p_payload::text) <= 64
        and (p_workspace is null or octet_length(p_workspace) between 1 and 255)
    ) is not true then
        perform pydb_internal.event_check(p_topic, p_payload, p_workspace);
    end if;
    -- how many wait, by the ids that were given since: a count would cost what waits
    insert into pydb_internal.event_waiting as w (topic, workspace, payload)
    values (p_topic, p_workspace, p_payload)
    returning w.id, w.id - (select h.last_id from pydb_internal.event_head as h) into v_id, v_waiting;
    if v_waiting > 1000 then -- the least that the setting can be
        if v_waiting > (select s.value::bigint from pydb.setting as s where s.name = 'event_max_waiting')
            and pydb_internal.event_is_full(v_id) then
            raise exception using errcode = 'YD030', message = 'the event is refused',
                detail = format('%s events wait to be published: setting event_max_waiting.', v_waiting - 1),
                hint = 'pydb events status';
        end if;
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
