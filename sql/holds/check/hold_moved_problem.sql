-- pydb_internal.hold_moved_problem (check): why a hold would be about other rows than it was: what it
-- names is another column.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_moved_problem(p_hold pydb.hold)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select min(pydb_internal.column_moved_problem(u.relation, u.places))
        from rows from (
            unnest(p_hold.tables_seen::oid[]), jsonb_array_elements(p_hold.columns_seen)
        ) as u (relation, places)
    );
end
$$;

comment on function pydb_internal.hold_moved_problem(pydb.hold) is
'Null where the columns of its keys, its tenant or its filter are those that they were when it was placed.';

revoke all on function pydb_internal.hold_moved_problem(pydb.hold) from public;
