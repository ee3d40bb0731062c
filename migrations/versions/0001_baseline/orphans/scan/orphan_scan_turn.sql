-- pydb_internal.orphan_scan_turn (scan; by orphan_scan_run): hook of scans: look at one piece of one reference; if that
-- was not all of it, the others have their turn before the next piece.
-- reads the child and the parent   writes pydb.orphan_finding, pydb_internal.orphan_mark   locks the reference's
-- finding
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
begin
    v_piece := pydb_internal.orphan_scan_piece(p_part.subject, v_work.min_age, v_work.sample, 32768, 5000);
    select f.* into v_finding from pydb.orphan_finding as f where f.reference = p_part.subject;
    if v_piece.status = 'more' then
        v_turn.parts := array[p_part];
        v_turn.parts[1].is_late := true;
    else
        v_work.finished := v_work.finished + 1;
        v_work.failed := v_work.failed + (v_piece.status = 'error')::integer;
        v_work.skipped := v_work.skipped + (v_piece.status = 'skipped')::integer;
        v_work.partial := v_work.partial + (v_piece.status = 'partial')::integer;
        v_work.held := v_work.held + (v_piece.status = 'held')::integer;
        v_work.orphans := v_work.orphans + coalesce(v_finding.orphans, 0);
        if v_piece.status = 'error' then
            v_work.sqlstate := v_finding.sqlstate;
        end if;
    end if;
    v_work.checked_rows := v_work.checked_rows + v_piece.checked_rows;
    v_turn.run := p_run;
    v_turn.run.rows := 0;
    v_turn.run.work := to_jsonb(v_work);
    v_turn.run.said := format(
        '%s without a parent in %s of %s references', pydb_internal.rows_text(v_work.orphans), v_work.finished,
        v_work.total
    );
    v_turn.run.detail := jsonb_build_object(
        'finished', v_work.finished, 'reference', p_part.subject, 'coverage', v_finding.coverage,
        'checked_rows', v_work.checked_rows
    );
    return v_turn;
end
$$;

comment on function pydb_internal.orphan_scan_turn(pydb_internal.run_state, pydb_internal.run_part) is
'Looks at the next piece of the reference that is the part. A batch of no rows: it changes nothing. The part is always
through; if the reference is not, it is put off to the next pass.';

revoke all on function pydb_internal.orphan_scan_turn(pydb_internal.run_state, pydb_internal.run_part) from public;
