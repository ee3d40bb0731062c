-- pydb.event_prune: take away published events that are older than setting event_keep, oldest first.
-- reads settings   writes pydb.event, pydb_internal.event_head   locks the row of the head; passes if it is locked
-- raises YD007
create or replace function pydb.event_prune(p_limit integer default 10000, p_now timestamptz default null)
returns bigint
language plpgsql
security definer -- the tables are writable to nobody; takes away only what is older than the setting
set search_path = pg_catalog, pg_temp
as $$
declare
    -- a clock of the caller's never makes something older than it is
    v_before constant timestamptz := least(p_now, clock_timestamp())
        - pydb_internal.setting_get(p_name => 'event_keep')::interval;
    v_oldest bigint;
    v_head pydb_internal.event_head;
    v_rows bigint;
begin
    perform pydb_internal.run_check_read_write();
    select h.oldest into v_oldest from pydb_internal.event_head as h;
    perform 1 from pydb.event as e where e.position = v_oldest and e.published_at < v_before;
    if not found then
        return 0;
    end if;
    select h.* into v_head from pydb_internal.event_head as h for update skip locked;
    if not found then
        return 0; -- a publisher is at it
    end if;
    v_oldest := least(v_head.oldest + least(greatest(p_limit, 1), 100000), v_head.position + 1);
    v_oldest := coalesce((
        select e.position from pydb.event as e
        where e.position >= v_head.oldest and e.position < v_oldest and e.published_at >= v_before
        order by e.position
        limit 1
    ), v_oldest);
    delete from pydb.event as e where e.position < v_oldest;
    get diagnostics v_rows = row_count;
    update pydb_internal.event_head as h set oldest = v_oldest where h.is_only;
    return v_rows;
end
$$;

comment on function pydb.event_prune(integer, timestamptz) is
'Deletes at most p_limit published events that are older than setting event_keep, without a gap, and returns how many.
Who resumes from one of them is told so (topic reset). Publishers call it once a minute.';

revoke all on function pydb.event_prune(integer, timestamptz) from public;
