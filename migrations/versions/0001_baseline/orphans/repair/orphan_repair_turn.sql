-- pydb_internal.orphan_repair_turn (repair; by orphan_turn): one turn of a repair: prepare at first, then look for
-- orphans and repair those, by turns.
-- writes the child, pydb.orphan_quarantine, pydb.job_run   locks the relation (row exclusive), the rows it changes
-- raises YD110 YD403, and what the change raises
create or replace function pydb_internal.orphan_repair_turn(p_walk jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_segment constant jsonb := p_walk -> 'segments' -> 0;
    v_relation constant oid := (v_segment ->> 'relation')::oid;
    v_start constant timestamptz := clock_timestamp();
    v_edge pydb_internal.reference_edge;
begin
    if not p_walk ? 'segments' then
        return pydb_internal.orphan_prepare(p_walk);
    elsif v_segment is null or (p_walk ->> 'done')::bigint >= (p_walk ->> 'max_rows')::bigint then
        return pydb_internal.orphan_repair_verdict(p_walk);
    elsif p_walk -> 'slices' = '[]' and (v_segment ->> 'ended')::boolean then
        return jsonb_set(p_walk, '{segments}', (p_walk -> 'segments') - 0);
    end if;
    if pydb_internal.relation_name(v_relation) is not null then
        begin
            -- the lock keeps the table as it is until the commit; only then the look at it counts
            execute format('lock table only %s in row exclusive mode', pydb_internal.relation_name(v_relation));
        exception when undefined_table then
            null; -- dropped or renamed while we waited
        end;
    end if;
    v_edge := pydb_internal.orphan_edge(p_walk ->> 'reference', (p_walk ->> 'parent')::oid);
    if md5(row(v_edge)::text) is distinct from p_walk ->> 'signature'
        or pg_relation_filenode(v_relation::regclass)::bigint is distinct from (v_segment ->> 'filenode')::bigint
    then
        raise exception using errcode = 'YD403', message = 'the reference or its table was changed during the repair',
            detail = format('%s is no longer what was planned for.', p_walk ->> 'reference'),
            hint = format('Look at it, then: call pydb.orphan_repair(%L);', p_walk ->> 'reference');
    end if;
    if p_walk -> 'slices' = '[]' then
        p_walk := pydb_internal.orphan_repair_find(p_walk, v_edge);
        perform pydb_internal.run_beat((p_walk ->> 'run')::bigint);
        return p_walk;
    end if;
    p_walk := pydb_internal.orphan_repair_step(p_walk, v_edge);
    p_walk := pydb_internal.orphan_repair_adapt(p_walk, v_edge, clock_timestamp() - v_start);
    perform pydb_internal.run_log_batch((p_walk ->> 'run')::bigint, (p_walk ->> 'rows')::bigint, 1, jsonb_build_object(
        'position', p_walk -> 'segments' -> 0
    ));
    return p_walk;
end
$$;

comment on function pydb_internal.orphan_repair_turn(jsonb) is
'One turn of a repair in one transaction; the condition of the scan is asked again in the change itself.';

revoke all on function pydb_internal.orphan_repair_turn(jsonb) from public;
