-- pydb_internal.archive_enter (purge): before rows of an archive are judged that are to go for good: no hold is placed
-- from here to the commit, and what the conditions of holds name keeps its name.
-- reads pydb.archive_table, pydb_internal.hold_gate, the catalog, pydb.reference   writes nothing
-- locks the gate of holds, the table of the archive and what references lead to from there (access share)
-- raises 40001 55P03 YD103 YD113
create or replace function pydb_internal.archive_enter(p_archive oid)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not (select e.is_any from pydb_internal.hold_enter() as e) then
        return false;
    end if;
    perform
        pydb_internal.relation_check_names(pydb_internal.reference_named(t.source::oid)),
        pydb_internal.reference_check_moved(pydb_internal.reference_named(t.source::oid))
    from pydb.archive_table as t
    where t.archive = p_archive and exists (select from pg_class as c where c.oid = t.source);
    return true;
end
$$;

comment on function pydb_internal.archive_enter(oid) is 'As hold_enter, for an archive: whether there is any hold.';

revoke all on function pydb_internal.archive_enter(oid) from public;
