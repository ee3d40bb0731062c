-- pydb_internal.orphan_repair_verdict (repair; by orphan_repair_turn): the state in which a repair ends; it counts
-- again what is left, with the same condition.
-- reads the child and the parent   writes pydb.orphan_finding   locks the reference's finding
-- raises YD301
create or replace function pydb_internal.orphan_repair_verdict(p_walk jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_edge constant pydb_internal.reference_edge :=
        pydb_internal.orphan_edge(p_walk ->> 'reference', (p_walk ->> 'parent')::oid);
    v_leaves constant oid[] := array(
        select l.relation from pydb_internal.orphan_leaves(v_edge.child) as l where not l.is_foreign
    );
    v_refused constant bigint := (p_walk ->> 'refused')::bigint;
    v_locked constant bigint := (p_walk ->> 'locked')::bigint;
    v_look jsonb;
    v_left bigint := 0;
begin
    if (p_walk ->> 'done')::bigint >= (p_walk ->> 'max_rows')::bigint
        and (p_walk ->> 'done')::bigint < (p_walk ->> 'due')::bigint
    then
        return p_walk || '{"state": "partial", "reason": "row_budget"}';
    end if;
    if v_leaves <> '{}' then
        v_look := pydb_internal.orphan_look(v_edge, v_leaves, 0, null, p_walk ->> 'age', 10);
        v_left := (v_look ->> 'orphans')::bigint;
        -- that was a whole scan, so it is one for the findings too
        perform pydb_internal.orphan_enroll(p_walk ->> 'reference', false);
        perform 1 from pydb.orphan_finding as f where f.reference = p_walk ->> 'reference' for update skip locked;
        if found then
            perform pydb_internal.orphan_conclude(p_walk ->> 'reference', v_edge, v_look);
        end if;
    end if;
    if v_left > v_refused + v_locked and (p_walk ->> 'pass_done')::bigint > 0 and (p_walk ->> 'pass')::integer < 3 then
        -- a row that was updated meanwhile is in another place now
        return p_walk || jsonb_build_object(
            'pass', (p_walk ->> 'pass')::integer + 1, 'pass_done', 0, 'refused', 0, 'locked', 0,
            'segments', pydb_internal.orphan_segments(v_edge.child)
        );
    elsif v_left = 0 then
        return p_walk || '{"state": "completed", "reason": "exhausted"}';
    end if;
    return p_walk || jsonb_build_object(
        'state', 'partial', 'skipped', v_left, 'kept', greatest(v_left - v_refused - v_locked, 0),
        'reason', case
            when v_refused > 0 then 'referenced' when v_locked > 0 then 'locked' else 'no_progress'
        end,
        'error', format(
            '%s still without a parent: %s kept by a constraint, %s locked, %s kept by a trigger or a rule, or new',
            pydb_internal.rows_text(v_left), v_refused, v_locked, greatest(v_left - v_refused - v_locked, 0)
        )
    );
end
$$;

comment on function pydb_internal.orphan_repair_verdict(jsonb) is
'The walk with its end: completed if no orphan is left, partial and why if some are; or to be gone through again where
rows moved. The count becomes the finding.';

revoke all on function pydb_internal.orphan_repair_verdict(jsonb) from public;
