-- pydb.event_read: the events after a position, in their order; or that this position is gone.
-- reads pydb.event, pydb_internal.event_head   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.event_read(
    p_since bigint default 0,
    p_topics text[] default null,
    p_workspace text default null,
    p_limit integer default 1000
)
returns table (
    "position" bigint,
    topic text,
    workspace text,
    payload jsonb,
    created_at timestamptz,
    published_at timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_since bigint := coalesce(p_since, 0);
    v_head pydb_internal.event_head;
begin
    select h.* into v_head from pydb_internal.event_head as h;
    -- pruned; or of another stream: the database was restored, and gives these positions out again
    if v_since < v_head.oldest - 1 and p_since > 0 or v_since > v_head.position then
        return query select
            v_head.oldest - 1, 'reset', null::text,
            jsonb_build_object('oldest', v_head.oldest, 'newest', v_head.position, 'since', v_since),
            v_head.published_at, v_head.published_at;
        v_since := v_head.oldest - 1;
    end if;
    return query select e.position, e.topic, e.workspace, e.payload, e.created_at, e.published_at
    from pydb.event as e
    where e.position > v_since
        and (p_topics is null or e.topic = any(p_topics))
        and (p_workspace is null or e.workspace = p_workspace)
    order by e.position
    limit p_limit;
end
$$;

comment on function pydb.event_read(bigint, text[], text, integer) is
'At most p_limit events after position p_since (0 = from the oldest) of these topics (null = all) and this workspace
(null = of all, and of none). Where events after p_since are gone, or there never was such a position, the first row has
the topic reset, and in its payload oldest and newest: whoever has built something from the stream builds it anew. The
workspace is a filter, not a wall: who may call this may read all.';

revoke all on function pydb.event_read(bigint, text[], text, integer) from public;
