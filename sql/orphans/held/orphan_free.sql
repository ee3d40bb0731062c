-- pydb_internal.orphan_free (held): what a repair keeps in mind of holds: the condition that none keeps a row, and the
-- tables that it names.
-- reads pydb.hold, the catalog, pydb.reference   writes nothing   locks those tables (access share)
-- raises 55P03 YD103 YD113 YD114 YD704
create or replace function pydb_internal.orphan_free(p_work pydb_internal.orphan_repair_work)
returns pydb_internal.orphan_repair_work
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rule pydb_internal.hold_rule;
begin
    p_work.named := pydb_internal.reference_named((p_work.edge).child);
    perform pydb_internal.relation_check_names(p_work.named);
    perform pydb_internal.reference_check_moved(p_work.named);
    p_work.names := pydb_internal.relation_names(p_work.named);
    p_work.holds := (pydb_internal.hold_state()).generation;
    v_rule := pydb_internal.hold_rule_of((p_work.edge).child);
    p_work.free := v_rule.free;
    p_work.free_until := v_rule.until;
    return p_work;
end
$$;

comment on function pydb_internal.orphan_free(pydb_internal.orphan_repair_work) is
'Fields named, names, holds, free and free_until, as of now; what is named keeps its name up to the commit.';

revoke all on function pydb_internal.orphan_free(pydb_internal.orphan_repair_work) from public;
