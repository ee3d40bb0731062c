-- pydb_internal.orphan_scan_turn (scan; by orphan_scan_run): hook of scans: look at one piece of some references; where
-- that was not all of it, the others have their turn before the next piece.
-- reads the child and the parent   writes pydb.orphan_finding, pydb_internal.orphan_mark   locks the
-- references' findings
-- raises nothing
create or replace function pydb_internal.orphan_scan_turn(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work pydb_internal.orphan_scan_work := jsonb_populate_record(
        null::pydb_internal.orphan_scan_work, p_run.work
    );
    v_turn pydb_internal.run_turn;
    v_piece record;
    v_finding pydb.orphan_finding;
    v_through integer := 0;
    v_late text[] := array[]::text[];
begin
    for v_piece in
        select s.* from pydb_internal.orphan_scan_some(
            p_part.subjects, v_work.min_age, v_work.sample, 32768, 5000, p_run.deadline
        ) as s
    loop
        v_through := v_through + 1;
        select f.* into v_finding from pydb.orphan_finding as f where f.reference = v_piece.reference;
        v_work.checked_rows := v_work.checked_rows + v_piece.checked_rows;
        if v_piece.status = 'more' then
            v_late := v_late || v_piece.reference;
            continue;
        end if;
        v_work.finished := v_work.finished + 1;
        v_work.failed := v_work.failed + (v_piece.status = 'error')::integer;
        v_work.skipped := v_work.skipped + (v_piece.status = 'skipped')::integer;
        v_work.partial := v_work.partial + (v_piece.status = 'partial')::integer;
        v_work.held := v_work.held + (v_piece.status = 'held')::integer;
        v_work.orphans := v_work.orphans + coalesce(v_finding.orphans, 0);
        if v_piece.status = 'error' then
            v_work.sqlstate := v_finding.sqlstate;
        end if;
    end loop;
    if v_through < cardinality(p_part.subjects) then
        v_turn.part := p_part;
        v_turn.part.subjects := p_part.subjects[v_through + 1:];
    end if;
    if v_late <> '{}' then
        v_turn.parts := array[p_part];
        v_turn.parts[1].is_late := true;
        v_turn.parts[1].subjects := v_late;
    end if;
    v_turn.run := p_run;
    v_turn.run.rows := 0;
    v_turn.run.work := to_jsonb(v_work);
    v_turn.run.said := format(
        '%s without a parent in %s of %s references', pydb_internal.rows_text(v_work.orphans), v_work.finished,
        v_work.total
    );
    v_turn.run.detail := jsonb_build_object(
        'finished', v_work.finished, 'reference', p_part.subjects[v_through], 'coverage', v_finding.coverage,
        'checked_rows', v_work.checked_rows
    );
    return v_turn;
end
$$;

comment on function pydb_internal.orphan_scan_turn(pydb_internal.run_state, pydb_internal.run_part) is
'Looks at the next piece of each reference of the part, of as many as a turn lets. A batch of no rows: it changes
nothing. References that are not through by that are put off to the next pass.';

revoke all on function pydb_internal.orphan_scan_turn(pydb_internal.run_state, pydb_internal.run_part) from public;
