-- pydb_internal.reference_moved_problem (graph): whether a name in a logical reference means another column by now.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_moved_problem(p_reference pydb.reference)
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(
        pydb_internal.column_moved_problem(p_reference.child, p_reference.columns_seen, 1),
        pydb_internal.column_moved_problem(p_reference.parent, p_reference.columns_seen, 2)
    );
end
$$;

comment on function pydb_internal.reference_moved_problem(pydb.reference) is
'What became of the first column whose name another has by now, in words; null = of none.';

revoke all on function pydb_internal.reference_moved_problem(pydb.reference) from public;
