-- pydb_internal.archive_is_conflict (restore): is an error of a restore one of the rows, or of the whole.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_is_conflict(p_sqlstate text)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select p_sqlstate = 'YD605' or (
        (pydb_internal.run_fault(p_sqlstate)).by_row and left(p_sqlstate, 2) not in ('42', 'YD')
    );
$$;

comment on function pydb_internal.archive_is_conflict(text) is
'True for what one row may have raised (constraints, triggers), so that others can go back without it; false for
privileges, locks, the server, a name that code of the application does not find.';

revoke all on function pydb_internal.archive_is_conflict(text) from public;
