-- pydb_internal.health_run_findings (check): what the runs of some subjects say: failed again and again, failed last,
-- left behind by their process.
-- reads pydb.job_run, pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_run_findings(p_kind text, p_subjects text[])
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with bad as materialized (
        select e.*, format(
            'run %s of %s, %s (%s) at %s%s', e.id, e.subject, e.state, e.stop_reason,
            to_char(e.finished_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'),
            coalesce(': ' || left(e.error, 200), '')
        ) as named
        from pydb_internal.health_ends(p_kind, p_subjects) as e
        where e.failures > 0
    )

    select coalesce(jsonb_agg(to_jsonb(f)), '[]')
    from (
        select
            case when max(b.failures) >= 3 then 'error' else 'degraded' end as status,
            case when max(b.failures) >= 3 then 'failing' else 'run_failed' end as reason_code,
            case when max(b.failures) >= 3
                then format('%s failed %s times in a row', (array_agg(b.subject order by b.failures desc))[1],
                    max(b.failures)) || case
                        when count(*) > 1 then format(', and %s more did not end well', count(*) - 1) else ''
                    end
                else format('did not end well the last time: %s', count(*))
            end as summary,
            left(string_agg(b.named, '; ' order by b.failures desc, b.id desc), 2000) as detail,
            'pydb runs show ' || (array_agg(b.id order by b.failures desc, b.id desc))[1] as hint
        from bad as b
        having count(*) > 0
        union all
        select
            'degraded', 'run_interrupted', format('runs whose server process is gone: %s', count(*)),
            left(string_agg(format('run %s of %s', d.id, d.subject), '; ' order by d.id), 1000),
            'the next run of anything marks it as interrupted: pydb retention run --dry-run'
        from pydb_internal.run_dead(p_kind, null) as d
        having count(*) > 0
    ) as f;
$$;

comment on function pydb_internal.health_run_findings(text, text[]) is
'Findings (array of objects): failing (three failures in a row, an error), run_failed, run_interrupted.';

revoke all on function pydb_internal.health_run_findings(text, text[]) from public;
