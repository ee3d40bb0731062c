-- pydb_internal.hold_filter_problem (check; by hold_problem): why the filter of a hold cannot be asked any more, by
-- nobody.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_filter_problem(p_hold pydb.hold)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_relation constant oid := pydb_internal.hold_relation(p_hold);
begin
    if p_hold.filter is null or v_relation is null then
        return null;
    elsif not exists (select from pg_roles as r where r.oid = p_hold.placed_by_role) then
        return format('its filter runs for nobody: %I, who placed it, is gone', p_hold.placed_by);
    end if;
    return 'its filter cannot be asked: ' || coalesce(
        pydb_internal.filter_problem(p_hold.filter),
        pydb_internal.filter_names_problem(v_relation::regclass, p_hold.filter, true)
    );
end
$$;

comment on function pydb_internal.hold_filter_problem(pydb.hold) is
'Null where what a filter names (columns, types, functions, operators) and its author are still there; told from the
catalog alone. Whether its author could become a role is asked where that role deletes (hold_defect).';

revoke all on function pydb_internal.hold_filter_problem(pydb.hold) from public;
