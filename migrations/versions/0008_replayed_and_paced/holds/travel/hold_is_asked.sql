-- pydb_internal.hold_is_asked (travel; by hold_seeds): can the filter of a hold tell which rows of its table and of the
-- archive of that are held?
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_is_asked(p_hold pydb.hold, p_stores jsonb)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_relation constant oid := pydb_internal.hold_relation(p_hold);
    v_store constant regclass := to_regclass(p_stores ->> pydb_internal.hold_top(v_relation)::text);
begin
    if v_relation is null or pydb_internal.hold_moved_problem(p_hold) is not null or exists (
        -- the archive is followed when the next run archives; until then it may lack a column, or have another
        select from pg_attribute as a
        left join pg_attribute as s on s.attrelid = v_store and s.attname = a.attname and not s.attisdropped
        where v_store is not null and a.attrelid = v_relation and a.attnum > 0 and not a.attisdropped
            and pydb_internal.reference_base_type(s.atttypid) is distinct from
                pydb_internal.reference_base_type(a.atttypid)
    ) then
        return false;
    end if;
    perform pydb_internal.filter_check_stored(
        format('the filter of hold %s', p_hold.name), v_relation, p_hold.filter, p_hold.placed_by,
        p_hold.placed_by_role, format('select * from pydb.hold where name = %L;', p_hold.name)
    );
    return true;
exception when sqlstate 'YD103' or sqlstate 'YD114' then
    return false; -- whoever purges does it as the owner of pydb: what others wrote does not run as him
end
$$;

comment on function pydb_internal.hold_is_asked(pydb.hold, jsonb) is
'False: all rows of its table and archive count as named. Where its author could not become the current role, where the
filter would not be accepted any more, where the archive has not the columns of the table. p_stores: as of hold_graph.';

revoke all on function pydb_internal.hold_is_asked(pydb.hold, jsonb) from public;
