-- pydb_internal.reference_check_moved (guard): before rows are counted or deleted: no logical reference to their tables
-- is about another column by now. What it keeps, or takes along, could not be told.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD103
create or replace function pydb_internal.reference_check_moved(p_tables oid[])
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text;
    v_problem text;
begin
    select r.name, m.problem into v_name, v_problem
    from pydb_internal.reference_logical(p_tables, null) as r
    cross join lateral pydb_internal.reference_moved_problem(r) as m (problem)
    where m.problem is not null
    order by r.name
    limit 1;
    if v_name is not null then
        raise exception using errcode = 'YD103',
            message = format('reference %s is about another column: %s', v_name, v_problem),
            detail = 'Which rows it keeps or takes along cannot be told, so none is deleted.',
            hint = format('Set it again with the column that is meant (pydb.reference_set), or: '
                'select pydb.reference_drop(%L);', v_name);
    end if;
end
$$;

comment on function pydb_internal.reference_check_moved(oid[]) is
'Lets tables pass where the columns of the references to them are those that they were when these were set.';

revoke all on function pydb_internal.reference_check_moved(oid[]) from public;
