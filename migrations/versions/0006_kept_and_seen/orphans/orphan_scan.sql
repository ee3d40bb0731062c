-- pydb.orphan_scan: look for rows whose parent is missing, over every reference, in the caller's transaction.
-- reads the tables of the references   writes pydb.orphan_finding, pydb_internal.orphan_mark   locks the findings it
-- writes
-- raises YD001 YD007 YD301
create or replace function pydb.orphan_scan(
    p_reference text default null,
    p_max_runtime interval default null,
    p_min_age interval default null,
    p_sample integer default 10,
    p_restart boolean default false
)
returns table (
    reference text,
    kind text,
    child text,
    parent text,
    orphans bigint,
    checked_rows bigint,
    sample jsonb,
    status text,
    reason text,
    unconfirmed bigint,
    partly_null bigint,
    coverage numeric,
    on_delete text,
    sqlstate text,
    scanned_at timestamptz
)
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set jit = off
set plan_cache_mode = force_generic_plan -- the same questions to the catalog, hundreds of times
as $$
declare
    v_deadline constant timestamptz := clock_timestamp() + p_max_runtime;
    -- one snapshot is open all the time: pieces serve the budget alone
    v_seconds constant float8 := extract(epoch from p_max_runtime)::float8;
    v_range constant bigint := case
        when p_max_runtime is null then 4294967296 else least(32768, greatest(1024, 1000 * v_seconds))::bigint
    end;
    v_target constant float8 := case
        when p_max_runtime is null then 5000 else least(greatest(100 * v_seconds, 100), 5000)
    end;
    v_all text[];
    v_left text[];
    v_piece record;
begin
    perform pydb_internal.orphan_check_call(p_max_runtime, p_min_age, p_sample);
    perform pydb_internal.run_check_read_write();
    v_all := pydb_internal.orphan_enroll(p_reference, p_restart);
    v_left := pydb_internal.orphan_scan_order(v_all);
    loop
        exit when v_left = '{}' or clock_timestamp() > v_deadline;
        select count(*) as looked, array_agg(s.reference) filter (where s.status = 'more') as more into v_piece
        from pydb_internal.orphan_scan_some(
            v_left[:50], p_min_age, p_sample, v_range, v_target, v_deadline
        ) as s;
        v_left := v_left[v_piece.looked + 1:] || v_piece.more;
    end loop;
    return query
    select
        f.reference, f.kind, f.child, f.parent, coalesce(p.orphans, f.orphans),
        coalesce(p.checked_rows, f.checked_rows), coalesce(p.sample, f.sample),
        case when f.reference = any(v_left) then 'partial' else f.status end,
        case when f.reference = any(v_left) then format(
            'the time was over at %s %%: the next scan goes on from there', round(100 * coalesce(p.coverage, 0), 1)
        ) else f.reason end,
        coalesce(p.unconfirmed, f.unconfirmed), coalesce(p.partly_null, f.partly_null), f.coverage, f.on_delete,
        f.sqlstate, f.scanned_at
    from pydb.orphan_finding as f
    -- of a scan that goes on, what it has found so far
    cross join lateral jsonb_populate_record(null::pydb_internal.orphan_progress, f.progress) as p
    where f.reference = any(v_all)
    order by f.reference;
end
$$;

comment on function pydb.orphan_scan(text, interval, interval, integer, boolean) is
'Looks for orphans of one reference or of all (null), declared ones (also valid and NOT VALID) and logical ones, and
stores what it finds in pydb.orphan_finding. One row a reference: orphans, checked_rows, sample (p_sample keys), status
(complete, partial, skipped, error) and reason. With p_max_runtime the references take turns, and the next call goes on
where this one stopped; p_restart begins anew. Rows younger than p_min_age are unconfirmed, not orphans (null: the
setting orphan_min_age for references that nothing enforces). All in one transaction: for large databases see
pydb.orphan_scan_run.';

revoke all on function pydb.orphan_scan(text, interval, interval, integer, boolean) from public;
