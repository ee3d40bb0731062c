-- pydb_internal.cascade_enter (closure): before SQL is made about the rows of a cascade: what it may name keeps its
-- name from here to the commit; what lies above as well where there is a hold.
-- reads the catalog, pydb.reference   writes nothing   locks the tables (access share)
-- raises 55P03 YD103 YD113
create or replace function pydb_internal.cascade_enter(p_root oid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_named constant oid[] := pydb_internal.reference_named(p_root, not (pydb_internal.hold_state()).is_any);
begin
    perform pydb_internal.relation_check_names(v_named);
    perform pydb_internal.reference_check_moved(v_named);
end
$$;

comment on function pydb_internal.cascade_enter(oid) is
'Locks the root and what references lead to from there by their names.';

revoke all on function pydb_internal.cascade_enter(oid) from public;
