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
        select min(pydb_internal.column_moved_problem(p_hold.tables_seen[c.place]::oid, c.seen))
        from (
            select s.place, array_agg(s) as seen from unnest(p_hold.columns_seen) as s group by s.place
        ) as c
    );
end
$$;

comment on function pydb_internal.hold_moved_problem(pydb.hold) is
'Null where the columns of its keys, its tenant or its filter are those that they were when it was placed.';

revoke all on function pydb_internal.hold_moved_problem(pydb.hold) from public;
