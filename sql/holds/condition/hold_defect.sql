-- pydb_internal.hold_defect (condition; by hold_seeds): why a hold cannot be followed by the role that asks.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_defect(p_hold pydb.hold, p_is_wide boolean)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem text;
begin
    if p_is_wide then
        p_hold.filter := null;
        p_hold.columns_seen := case when p_hold.kind <> 'filter' then p_hold.columns_seen end;
    end if;
    v_problem := pydb_internal.hold_problem(p_hold);
    if v_problem is null and p_hold.filter is not null
        and pydb_internal.hold_relation(p_hold) is not null
    then
        begin
            perform pydb_internal.filter_check_stored(
                format('the filter of hold %s', p_hold.name), pydb_internal.hold_relation(p_hold), p_hold.filter,
                p_hold.placed_by, p_hold.placed_by_role, format('select * from pydb.hold where name = %L;', p_hold.name)
            );
        exception when sqlstate 'YD103' or sqlstate 'YD114' then
            v_problem := sqlerrm;
        end;
    end if;
    return format('hold %s cannot be followed: ', p_hold.name) || v_problem;
end
$$;

comment on function pydb_internal.hold_defect(pydb.hold, boolean) is
'A sentence (a column is gone, a filter may not run as this role), or null. p_is_wide: filters are not asked.';

revoke all on function pydb_internal.hold_defect(pydb.hold, boolean) from public;
