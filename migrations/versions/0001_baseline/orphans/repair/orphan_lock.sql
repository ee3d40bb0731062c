-- pydb_internal.orphan_lock (repair): keep a relation as it is until the commit, and see that it and the reference are
-- what was planned for.
-- reads the catalog, pydb.reference   writes nothing   locks the relation (row exclusive)
-- raises YD403
create or replace function pydb_internal.orphan_lock(
    p_work pydb_internal.orphan_repair_work,
    p_relation oid,
    p_filenode oid
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if pydb_internal.relation_name(p_relation) is not null then
        begin
            execute format('lock table only %s in row exclusive mode', pydb_internal.relation_name(p_relation));
        exception when undefined_table then
            null; -- dropped or renamed while we waited
        end;
    end if;
    if pydb_internal.orphan_signature(p_work.edge) <> p_work.signature
        or pg_relation_filenode(p_relation::regclass) is distinct from p_filenode
    then
        raise exception using errcode = 'YD403', message = 'the reference or its table was changed during the repair',
            detail = format('%s is no longer what was planned for.', p_work.reference),
            hint = format('Look at it, then: call pydb.orphan_repair(%L);', p_work.reference);
    end if;
end
$$;

comment on function pydb_internal.orphan_lock(pydb_internal.orphan_repair_work, oid, oid) is
'Locks a relation of the child against changes of its definition; YD403 if it has another file than p_filenode, or the
reference was changed. Without a relation (null) only the reference is looked at.';

revoke all on function pydb_internal.orphan_lock(pydb_internal.orphan_repair_work, oid, oid) from public;
