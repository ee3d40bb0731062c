-- pydb_internal.orphan_take (repair; by orphan_repair_turn): repair the rows of the next chunks of a relation, at once
-- or row by row.
-- writes the child, pydb.orphan_quarantine   locks the rows it changes
-- raises what the change raises
create or replace function pydb_internal.orphan_take(
    p_run pydb_internal.run_state,
    p_work pydb_internal.orphan_repair_work,
    p_part pydb_internal.run_part,
    out done bigint,
    out refused bigint,
    out locked bigint,
    out faulty bigint,
    out fault text,
    out fault_code text,
    out fault_place text
)
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_budget constant bigint := p_run.max_rows - p_run.done;
    v_tids tid[] := array(
        select t.tid
        from unnest(p_part.chunks[:p_work.size]) with ordinality as c (relation, tids, versions, filenode, chunk)
        cross join lateral unnest(c.tids) with ordinality as t (tid, place)
        order by c.chunk, t.place
    );
    v_condition text;
begin
    if v_budget < cardinality(v_tids) then
        v_tids := v_tids[:v_budget];
    end if;
    -- asked again: a parent that has arrived since saves its child
    v_condition := format(
        't.ctid = any(%L::tid[]) and %s and %s', v_tids, p_work.age || coalesce(p_work.free, ''),
        pydb_internal.orphan_condition(p_work.edge)
    );
    refused := 0;
    locked := 0;
    faulty := 0;
    if p_work.is_by_row then
        select a.done, a.refused, a.locked, a.faulty, a.fault, a.fault_code, a.fault_place
        into done, refused, locked, faulty, fault, fault_code, fault_place
        from pydb_internal.orphan_apply_rows(
            p_work, p_part.relation, v_condition, v_budget, p_run.run_id
        ) as a;
    else
        done := pydb_internal.orphan_apply(p_work.edge, p_work.mode, p_part.relation, v_condition, p_run.run_id);
    end if;
end
$$;

comment on function pydb_internal.orphan_take(
    pydb_internal.run_state, pydb_internal.orphan_repair_work, pydb_internal.run_part
) is
'Repairs the rows of the next chunks, within the row budget: how many were changed, and how many a constraint, a lock
or another error kept.';

revoke all on function pydb_internal.orphan_take(
    pydb_internal.run_state, pydb_internal.orphan_repair_work, pydb_internal.run_part
) from public;
