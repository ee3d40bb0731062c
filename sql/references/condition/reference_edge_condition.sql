-- pydb_internal.reference_edge_condition (condition): the condition of an edge on its child or on its parent, to be put
-- into SQL now: nothing else may read it from the edge for that.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD103 YD114
create or replace function pydb_internal.reference_edge_condition(
    p_edge pydb_internal.reference_edge,
    p_is_parent boolean
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_condition constant text := case when p_is_parent then p_edge.parent_filter else p_edge.filter end;
    v_stored pydb.reference;
begin
    if v_condition is null then
        return null;
    end if;
    select r.* into v_stored
    from pydb_internal.reference_logical(array[p_edge.parent], p_edge.reference) as r;
    if v_condition is distinct from (
        case when p_is_parent then v_stored.parent_filter else v_stored.filter end
    ) then
        raise exception using errcode = 'YD103',
            message = format('the condition of reference %s may not run any more', p_edge.reference),
            detail = format('Filter %L is not what the reference says now.', v_condition),
            hint = format('select * from pydb.reference where name = %L;', p_edge.reference);
    end if;
    perform pydb_internal.reference_check_author(v_stored);
    return pydb_internal.filter_condition(case when p_is_parent then p_edge.parent else p_edge.child end, v_condition);
end
$$;

comment on function pydb_internal.reference_edge_condition(pydb_internal.reference_edge, boolean) is
'The stored condition of an edge (p_is_parent: that on its parent), null if it has none. YD114 and YD103 where it may
not run as the current role, or not any more.';

revoke all on function pydb_internal.reference_edge_condition(pydb_internal.reference_edge, boolean) from public;
