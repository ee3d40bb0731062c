-- pydb_internal.retention_lock (delete; by retention_turn): keep a relation as it is until the commit, and see that it
-- is what was planned for.
-- reads the catalog   writes nothing   locks the relation (row exclusive)
-- raises YD113
create or replace function pydb_internal.retention_lock(
    p_policy pydb.retention_policy,
    p_part pydb_internal.run_part,
    p_tries integer
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_part.relation);
begin
    if v_name is not null then
        begin
            execute format('lock table only %s in row exclusive mode', v_name);
        exception when undefined_table then
            null; -- dropped or renamed while we waited: the signature knows it by its oid
        end;
    end if;
    if pydb_internal.retention_signature(p_part.relation) is not distinct from p_part.signature then
        return true;
    end if;
    if p_tries >= 5 then
        raise exception using errcode = 'YD113', message = 'the table was changed again and again during the run',
            detail = format('%s is no longer what was planned for.', coalesce(
                pydb_internal.relation_name(p_part.relation), 'relation ' || p_part.relation
            )),
            hint = format('Look at it, then: call pydb.retention_run(%L);', p_policy.name);
    end if;
    return false;
end
$$;

comment on function pydb_internal.retention_lock(pydb.retention_policy, pydb_internal.run_part, integer) is
'Locks the relation of a part. False: its signature is another than when the part was laid out; YD113 where that was so
p_tries times already, without a batch in between.';

revoke all on function pydb_internal.retention_lock(pydb.retention_policy, pydb_internal.run_part, integer) from public;
