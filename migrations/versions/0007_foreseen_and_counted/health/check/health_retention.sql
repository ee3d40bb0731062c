-- pydb_internal.health_retention (check; by health): do policies run, do they keep up, is what they are about still
-- there.
-- reads pydb.retention_policy, what pydb.retention_outlook reads, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_retention(p_now timestamptz)
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_figures jsonb;
    v_findings jsonb;
    v_asked constant boolean := pydb_internal.setting_get(p_name => 'policy_approval') <> 'off';
    v_doubtful text[];
begin
    -- materialized: the outlook is asked for once
    with outlook as materialized (
        select o.*, p.enabled, p.paused_at, p.builtin
        from pydb.retention_outlook(p_now => p_now) as o
        inner join pydb.retention_policy as p on p.name = o.policy
    ),

    told as (
        select 1 as place, 'degraded' as status, 'no_policies' as reason_code,
            'there is no policy: nothing is pruned' as summary, null as detail, 'pydb policy set --help' as hint
        where not exists (select from pydb.retention_policy as p where not p.builtin)
        union all
        select * from pydb_internal.health_targets()
        union all
        select 2, 'degraded', 'overdue', format('policies that are overdue: %s', count(*)),
            left(string_agg(format('%s (%s)', o.policy, o.reason), ', ' order by o.overdue_since, o.policy), 1000),
            'pydb policy outlook'
        from outlook as o
        where o.is_overdue and o.enabled and o.reason not in ('paused', 'kill_switch')
        having count(*) > 0
        union all
        select 2, 'degraded', 'falls_behind', format('policies that will never catch up as they run: %s', count(*)),
            left(string_agg(format('%s (%s rows a day short)', o.policy, o.short_per_day), ', '
                order by o.short_per_day desc), 1000),
            'pydb policy outlook'
        from outlook as o
        where o.state = 'never' and o.enabled and o.short_per_day > 0
        having count(*) > 0
        union all
        select 3, 'degraded', 'paused', format('policies that are paused: %s', count(*)),
            left(string_agg(p.name, ', ' order by p.paused_at), 1000), 'pydb retention resume POLICY'
        from pydb.retention_policy as p
        where p.enabled and p.paused_at is not null
        having count(*) > 0
        union all
        select 3, 'degraded', 'waits_for_approval', format('policies that wait for approval: %s', count(*)),
            left(string_agg(p.name, ', ' order by p.name), 1000),
            pydb_internal.shell_command('pydb policy approve', array[min(p.name)])
        from pydb.retention_policy as p
        inner join pydb.guard_subject as g on g.kind = 'policy' and g.name = p.name
        where p.enabled
            -- nearly all wait for nobody: that is told without a call for each
            and case
                when v_asked or g.approval <> 'off' or g.kept_approval <> 'off'
                    then pydb_internal.guard_waiting_problem(p.name, pydb_internal.retention_version(p)) is not null
            end
        having count(*) > 0
    )

    select
        (
            select jsonb_build_object(
                'policies', count(*), 'enabled', count(*) filter (where p.enabled),
                'paused', count(*) filter (where p.paused_at is not null)
            )
            from pydb.retention_policy as p
        ) || (
            select jsonb_build_object(
                'overdue', count(*) filter (where o.is_overdue and o.enabled),
                'not_counted', count(*) filter (where o.known_at is null),
                'expired_rows', coalesce(sum(o.backlog_now), 0), 'due_rows_per_day', coalesce(sum(o.due_per_day), 0),
                'deleted_rows_per_day', coalesce(sum(o.deleted_per_day), 0),
                'last_run_at', max(o.last_run_at), 'oldest_overdue_at', min(o.overdue_since)
            )
            from outlook as o
        ), (
            -- whose last run ended well has nothing to be told of
            select array_agg(p.name order by p.name)
            from pydb.retention_policy as p
            left join outlook as o on o.policy = p.name
            where p.enabled and (
                o.last_state is null or o.last_state not in ('completed', 'partial') or o.last_reason = 'no_progress'
            )
        ),
        (
            select jsonb_agg(to_jsonb(t) - 'place' order by t.place)
            from told as t
        )
    into v_figures, v_doubtful, v_findings;
    return pydb_internal.health_say(
        v_figures, coalesce(v_findings, '[]') || pydb_internal.health_run_findings('retention', v_doubtful),
        format('%s policies, none overdue', v_figures ->> 'enabled')
    );
end
$$;

comment on function pydb_internal.health_retention(timestamptz) is
'Component retention: no policy at all, tables and columns that are gone, failing runs, overdue policies and those that
fall behind, pauses, approvals.';

revoke all on function pydb_internal.health_retention(timestamptz) from public;
