-- pydb_internal.orphan_scan_piece (scan; by orphan_scan_some): go on with the scan of one reference by one piece; its
-- errors become its status.
-- reads the child and the parent   writes pydb.orphan_finding, pydb_internal.orphan_mark   locks the reference's
-- finding
-- raises nothing
create or replace function pydb_internal.orphan_scan_piece(
    p_reference text,
    p_min_age interval,
    p_sample integer,
    p_range bigint,
    p_target double precision,
    p_edge pydb_internal.reference_edge default null,
    out status text,
    out checked_rows bigint
)
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb.orphan_scan
as $$
declare
    v_start constant timestamptz := clock_timestamp();
    v_finding pydb.orphan_finding;
    v_edge pydb_internal.reference_edge := p_edge;
    v_progress pydb_internal.orphan_progress;
    v_piece pydb_internal.orphan_piece;
    v_counts pydb_internal.orphan_counts;
    v_problem text;
    v_sqlstate text;
begin
    checked_rows := 0;
    -- whoever holds the row is at this very reference; one piece after the other, whoever takes it
    select f.* into v_finding from pydb.orphan_finding as f where f.reference = p_reference for update skip locked;
    if v_finding.reference is null then
        status := 'held';
        return;
    end if;
    if v_edge.child is null and v_finding.parent_id is not null then
        v_edge := pydb_internal.orphan_edge(p_reference, v_finding.parent_id);
    end if;
    if v_edge.child is null then
        v_problem := coalesce(
            (select pydb_internal.reference_problem(r) from pydb.reference as r where r.name = p_reference),
            'the reference is gone'
        );
    else
        select u.reason, case when u.code in ('YD103', 'YD114') then u.code end into v_problem, v_sqlstate
        from pydb_internal.orphan_problem(v_edge, '{SELECT}') as u;
    end if;
    if v_problem is not null then
        status := pydb_internal.orphan_set_status(p_reference, 'skipped', v_problem, v_sqlstate);
        return;
    end if;
    v_progress := pydb_internal.orphan_resume(v_edge, v_finding.progress, p_range);
    v_piece := pydb_internal.orphan_next_piece(v_edge.child, v_progress);
    if v_piece.leaves <> '{}' then
        perform pydb_internal.relation_check_names(array[v_edge.child, v_edge.parent] || v_piece.leaves);
        v_counts := pydb_internal.orphan_count_piece(
            v_edge, v_piece, pydb_internal.orphan_age(v_edge, p_min_age),
            p_sample - jsonb_array_length(v_progress.sample)
        );
        v_progress := pydb_internal.orphan_add_piece(
            v_edge, v_progress, v_piece, v_counts, extract(epoch from clock_timestamp() - v_start)::float8 * 1000,
            p_target
        );
    end if;
    if v_piece.leaves = '{}' or v_progress.remaining = 0 then
        status := pydb_internal.orphan_store_result(
            v_edge, jsonb_populate_record(null::pydb_internal.orphan_counts, to_jsonb(v_progress))
        );
    else
        status := 'more';
        update pydb.orphan_finding as f
        set status = 'partial', reason = format('scanned to %s %%', round(100 * v_progress.coverage, 1)),
            sqlstate = null, looked_at = clock_timestamp(), progress = to_jsonb(v_progress),
            coverage = v_progress.coverage
        where f.reference = p_reference;
    end if;
    checked_rows := coalesce(v_counts.checked_rows, 0);
exception when others then
    get stacked diagnostics v_sqlstate = returned_sqlstate, v_problem = message_text;
    status := case
        when v_sqlstate = '55P03' then pydb_internal.orphan_set_status(
            p_reference, 'skipped', 'the table is locked by another session', v_sqlstate
        )
        else pydb_internal.orphan_set_status(p_reference, 'error', v_problem, v_sqlstate)
    end;
end
$$;

comment on function pydb_internal.orphan_scan_piece(
    text, interval, integer, bigint, double precision, pydb_internal.reference_edge
) is
'Looks at the next piece of a reference, of p_range blocks at first and then as large as takes p_target milliseconds.
Status: more, complete, partial (foreign partitions), skipped, error, or held: another session is at it. With the rows
that were looked at. p_edge: the reference, as it was a moment ago.';

revoke all on function pydb_internal.orphan_scan_piece(
    text, interval, integer, bigint, double precision, pydb_internal.reference_edge
) from public;
