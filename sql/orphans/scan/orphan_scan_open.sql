-- pydb_internal.orphan_scan_open (scan; by orphan_scan_run): hook of scans: list the references, some in each part;
-- then pass by pass those that are not through, until the end and its reason.
-- reads the catalog, pydb.reference   writes pydb.orphan_finding, pydb.job_run   locks the findings it writes
-- raises YD301
create or replace function pydb_internal.orphan_scan_open(
    p_run pydb_internal.run_state,
    p_parts pydb_internal.run_part[]
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
    v_part pydb_internal.run_part;
    v_references text[];
    v_ordered text[];
begin
    v_turn.run := p_run;
    v_turn.parts := '{}';
    if p_parts is null then
        v_references := pydb_internal.orphan_enroll(v_work.reference, v_work.is_restart);
        v_work.total := cardinality(v_references);
        v_work.finished := 0;
        v_work.failed := 0;
        v_work.skipped := 0;
        v_work.partial := 0;
        v_work.held := 0;
        v_work.orphans := 0;
        v_work.checked_rows := 0;
        v_turn.run.work := to_jsonb(v_work);
        perform pydb_internal.run_log_plan(p_run.run_id, null, null, jsonb_build_object(
            'references', v_work.total, 'finished', 0
        ));
    else
        v_references := array(
            select u.name from unnest(p_parts) as p cross join lateral unnest(p.subjects) as u (name) where p.is_late
        );
        if v_references = '{}' then
            v_turn.run := pydb_internal.orphan_scan_verdict(p_run, v_work);
            return v_turn;
        end if;
    end if;
    v_ordered := pydb_internal.orphan_scan_order(v_references);
    for v_first in 1..cardinality(v_ordered) by 50 loop
        v_part.subjects := v_ordered[v_first:v_first + 49];
        v_turn.parts := v_turn.parts || v_part;
    end loop;
    return v_turn;
end
$$;

comment on function pydb_internal.orphan_scan_open(pydb_internal.run_state, pydb_internal.run_part[]) is
'The references that take turns in this pass, the one that was looked at the longest ago first: all of them, or those
that were put off. Without any: the run with its end.';

revoke all on function pydb_internal.orphan_scan_open(pydb_internal.run_state, pydb_internal.run_part[]) from public;
