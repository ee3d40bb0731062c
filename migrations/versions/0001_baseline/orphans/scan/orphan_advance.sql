-- pydb_internal.orphan_advance (scan; by orphan_chunk): look at the next piece of one reference and keep what was
-- found.
-- reads the child and the parent   writes pydb.orphan_finding, pydb_internal.orphan_mark   locks the reference's
-- finding
-- raises what the look raises
create or replace function pydb_internal.orphan_advance(
    p_finding pydb.orphan_finding,
    p_min_age interval,
    p_sample integer,
    p_range bigint,
    p_target double precision
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_edge constant pydb_internal.reference_edge := pydb_internal.orphan_edge(p_finding.reference, p_finding.parent_id);
    v_start constant timestamptz := clock_timestamp();
    v_unfit text;
    v_progress jsonb;
    v_piece record;
    v_look jsonb;
begin
    v_unfit := case
        when v_edge.child is null then coalesce(
            (select pydb_internal.reference_problem(r) from pydb.reference as r where r.name = p_finding.reference),
            'the reference is gone'
        )
        else (select u.reason from pydb_internal.orphan_problem(v_edge, '{SELECT}') as u)
    end;
    if v_unfit is not null then
        return pydb_internal.orphan_note(p_finding.reference, 'skipped', v_unfit, null);
    end if;
    v_progress := pydb_internal.orphan_progress(v_edge, p_finding.progress, p_range);
    v_piece := pydb_internal.orphan_piece(v_edge.child, v_progress);
    if v_piece.leaves = '{}' then
        return pydb_internal.orphan_conclude(p_finding.reference, v_edge, v_progress);
    end if;
    v_look := pydb_internal.orphan_look(
        v_edge, v_piece.leaves, (v_progress ->> 'at')::bigint, v_piece.until,
            pydb_internal.orphan_age(v_edge, p_min_age),
        p_sample - jsonb_array_length(v_progress -> 'sample')
    );
    v_progress := pydb_internal.orphan_forward(
        v_edge, v_progress, v_look, v_piece.leaves, v_piece.until, v_piece.is_whole,
        p_target / greatest(extract(epoch from clock_timestamp() - v_start)::float8 * 1000, 0.1)
    );
    if (pydb_internal.orphan_piece(v_edge.child, v_progress)).leaves = '{}' then
        return pydb_internal.orphan_conclude(p_finding.reference, v_edge, v_progress);
    end if;
    update pydb.orphan_finding as f
    set status = 'partial', reason = format('scanned to %s %%', round(100 * (v_progress ->> 'coverage')::numeric, 1)),
        sqlstate = null, looked_at = clock_timestamp(), progress = v_progress,
        coverage = (v_progress ->> 'coverage')::numeric
    where f.reference = p_finding.reference;
    return 'more';
end
$$;

comment on function pydb_internal.orphan_advance(
    pydb.orphan_finding, interval, integer, bigint, double precision
) is
'Looks at the next piece of a reference; returns more, complete, partial or skipped.';

revoke all on function pydb_internal.orphan_advance(
    pydb.orphan_finding, interval, integer, bigint, double precision
) from public;
