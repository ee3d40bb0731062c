-- pydb_internal.retention_check_moved (guard): before rows of a policy are counted or deleted: the references that may
-- keep them, or by which a hold may, are about the columns that they were about.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD103
create or replace function pydb_internal.retention_check_moved(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from pydb_internal.reference_logical(null, null)) then
        perform pydb_internal.reference_check_moved(
            pydb_internal.reference_named(p_policy.target, not (pydb_internal.hold_state()).is_any)
        );
    end if;
end
$$;

comment on function pydb_internal.retention_check_moved(pydb.retention_policy) is
'Raises YD103 where a logical reference below the table of a policy, or above it where there is a hold, names a column
that is another by now.';

revoke all on function pydb_internal.retention_check_moved(pydb.retention_policy) from public;
