-- pydb_internal.health_orphans (check; by health): what the last scans found, how much they saw, and how old that is.
-- reads pydb.orphan_list, pydb.orphan_part, pydb.schedule_source, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_orphans(p_now timestamptz)
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_valid constant interval := pydb_internal.setting_get(p_name => 'orphan_scan_valid')::interval;
    v_figures jsonb;
    v_findings jsonb;
begin
    with reference as materialized (
        select l.*, m.is_valid
        from pydb.orphan_list as l
        left join pydb_internal.metric_edges() as m on m.reference = l.reference and m.kind = l.kind
    ),

    parts as materialized (select p.* from pydb_internal.metric_parts() as p),
    counts as (
        select
            count(*) as total, count(*) filter (where r.status = 'complete') as complete,
            count(*) filter (where r.status in ('skipped', 'error')) as failed,
            count(*) filter (where r.scanned_at is null) as unscanned,
            count(*) filter (where r.scanned_at < p_now - v_valid) as stale,
            coalesce(sum(r.orphans), 0)::bigint as orphans,
            coalesce(sum(r.orphans) filter (where r.kind = 'declared' and r.is_valid), 0)::bigint as declared,
            coalesce(sum(r.unconfirmed), 0)::bigint as unconfirmed, min(r.scanned_at) as oldest_scan
        from reference as r
    ),

    told as (
        select
            'error' as status, 'orphans_declared' as reason_code,
            format('orphans of valid foreign keys, which there cannot be: %s', c.declared) as summary,
            (
                select left(string_agg(format('%s: %s', r.reference, r.orphans), ', ' order by r.orphans desc), 1000)
                from reference as r where r.orphans > 0 and r.kind = 'declared' and r.is_valid
            ) as detail, 'pydb orphans list' as hint
        from counts as c
        where c.declared > 0
        union all
        select 'degraded', 'orphans', format('rows without their parent: %s', c.orphans - c.declared), (
            select left(string_agg(format('%s: %s', r.reference, r.orphans), ', ' order by r.orphans desc), 1000)
            from reference as r where r.orphans > 0 and (r.kind <> 'declared' or r.is_valid is not true)
        ), 'pydb orphans list; then: pydb orphans repair REFERENCE --dry-run'
        from counts as c
        where c.orphans > c.declared
        union all
        select 'degraded', 'orphans_met',
            format('rows without their parent that an application met: %s', sum(p.orphans)),
            left(string_agg(format('%s: %s', p.reference, p.orphans), ', ' order by p.orphans desc), 1000),
            pydb_internal.shell_command('pydb orphans scan', array[min(p.reference)])
        from parts as p
        having sum(p.orphans) > 0
        union all
        select 'degraded', 'not_covered', format('references that could not be looked at: %s', c.failed), (
            select left(string_agg(format('%s: %s', r.reference, r.reason), '; ' order by r.reference), 1000)
            from reference as r where r.status in ('skipped', 'error')
        ), 'pydb orphans list'
        from counts as c
        where c.failed > 0
        union all
        select 'unknown', case when c.unscanned = c.total then 'never_scanned' else 'stale' end,
            case
                when c.unscanned = c.total then format('references that were never scanned: %s', c.total)
                else format('references that were not scanned for %s: %s', v_valid, c.stale + c.unscanned)
            end, null,
            'pydb orphans scan; for ever: pydb schedule set orphan_scan_run ''30 2 * * 0'''
        from counts as c
        where c.total > 0 and c.stale + c.unscanned > 0 and v_valid is not null
    )

    select to_jsonb(c), (select jsonb_agg(to_jsonb(t)) from told as t) into v_figures, v_findings from counts as c;
    return pydb_internal.health_say(
        v_figures, coalesce(v_findings, '[]') || pydb_internal.health_run_findings('orphans', '{scan}'),
        case when (v_figures ->> 'total')::bigint = 0 then 'there are no references'
            else format('%s references, no orphan', v_figures ->> 'total') end,
        (v_figures ->> 'oldest_scan')::timestamptz
    );
end
$$;

comment on function pydb_internal.health_orphans(timestamptz) is
'Component orphans: orphans of valid foreign keys (an error), of others, those that pydb.orphan_check met, references
that could not be looked at; scans older than the setting orphan_scan_valid, and none at all, are unknown.';

revoke all on function pydb_internal.health_orphans(timestamptz) from public;
