-- pydb_internal.hold_active (condition): the holds, and overrides of them, that are in force now.
-- reads pydb.hold   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_active(p_ids bigint[] default null)
returns setof pydb.hold
language plpgsql
stable
security definer -- whoever deletes has to see what is held, without a right on pydb.hold
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.hold_graph_of
as $$
declare
    v_now constant timestamptz := clock_timestamp();
begin
    if not (select g.holds > 0 from pydb_internal.hold_gate as g) then
        return;
    end if;
    return query
    select h.* from pydb.hold as h
    where h.released_at is null and (h.until is null or h.until > v_now)
        and (p_ids is null or h.id = any(p_ids))
    order by h.id;
end
$$;

comment on function pydb_internal.hold_active(bigint[]) is
'Rows of pydb.hold that were not released and have not ended, by the clock of the server; of p_ids, null = all.';

revoke all on function pydb_internal.hold_active(bigint[]) from public;
