-- pydb_internal.hold_has_edges (condition): does any reference lead from a table, or to it?
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_has_edges(p_place oid)
returns boolean
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select from pg_constraint as k
        where k.contype = 'f' and k.conparentid = 0
            and p_place in (pydb_internal.hold_top(k.conrelid), pydb_internal.hold_top(k.confrelid))
    ) or exists (
        select from pydb_internal.reference_logical(null, null) as l
        where p_place in (pydb_internal.hold_top(l.child), pydb_internal.hold_top(l.parent))
    );
end
$$;

comment on function pydb_internal.hold_has_edges(oid) is 'False: what is held of the table is what holds name of it.';

revoke all on function pydb_internal.hold_has_edges(oid) from public;
