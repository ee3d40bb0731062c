-- pydb.retention_outlook: does each policy keep up, and if not, when will it: by the log alone, no table is counted.
-- reads pydb.retention_policy, pydb.retention_history, pydb.job_run, settings   writes nothing   locks nothing
-- raises YD002
create or replace function pydb.retention_outlook(p_policy text default null, p_now timestamptz default null)
returns table (
    policy text,
    target text,
    state text,
    is_overdue boolean,
    reason text,
    overdue_since timestamptz,
    backlog bigint,
    backlog_now bigint,
    due_per_day numeric,
    deleted_per_day numeric,
    catches_up boolean,
    catches_up_at timestamptz,
    short_per_day bigint,
    outlook text,
    known_at timestamptz,
    known_for interval,
    basis interval,
    last_run_id bigint,
    last_state text,
    last_reason text,
    last_run_at timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
as $$
declare
    v_now constant timestamptz := coalesce(p_now, clock_timestamp());
    v_kill constant boolean := pydb_internal.setting_get(p_name => 'kill_switch')::boolean;
    v_grace constant interval := pydb_internal.setting_get(p_name => 'schedule_grace')::interval;
begin
    if p_policy is not null then
        perform pydb_internal.retention_policy_get(p_policy);
    end if;
    return query
    with fired as materialized (
        select s.schedule, pydb_internal.cron_previous(s.schedule, v_now - v_grace) as at
        from (select distinct p.schedule from pydb.retention_policy as p where p.schedule is not null) as s
    ),

    known as (
        select
            p.name, p.target_name, h.at, h.rows_left, h.through_at, h.came, h.span, j.*,
            case
                when not p.enabled then 'disabled' when p.paused_at is not null then 'paused'
                when v_kill then 'kill_switch'
            end as stop,
            h.rows_left + coalesce(h.came, 0) * greatest(extract(epoch from v_now - h.at), 0)::float8 / 86400
                as estimate,
            case when p.enabled and p.paused_at is null and not v_kill then h.gone else h.gone * 0 end as gone,
            p.enabled and p.paused_at is null and greatest(j.run_at, p.updated_at) < f.at
            and j.run_state is distinct from 'running' as is_missed
        from pydb.retention_policy as p
        left join pydb_internal.retention_rates(p_policy) as h on h.policy = p.name
        left join fired as f on f.schedule = p.schedule
        left join lateral (
            select r.id as run_id, r.state as run_state, r.stop_reason as run_reason, r.started_at as run_at
            from pydb.job_run as r
            where r.kind = 'retention' and r.subject = p.name and not r.dry_run
            order by r.id desc
            limit 1
        ) as j on true
        where p.name = p_policy or (p_policy is null and not (p.builtin and h.policy is null))
    ),

    judged as (
        select
            k.*, case
                when k.rows_left is null then 'unknown'
                when k.rows_left = 0 and (k.stop is null or k.estimate < 1) then 'through'
                when k.came is null then 'unknown' when k.gone > k.came then 'catching_up' else 'never'
            end as verdict,
            case
                when k.stop is not null and (k.rows_left is null or k.estimate >= 1) then k.stop
                when k.run_state in ('failed', 'blocked', 'cancelled', 'interrupted')
                    then coalesce(k.run_reason, k.run_state)
                when k.is_missed then 'not_run'
                when k.rows_left > 0
                    then case when k.run_state in ('partial', 'skipped') then k.run_reason else 'left' end
            end as why
        from known as k
    )

    select
        u.name, u.target_name, u.verdict,
        case when u.verdict <> 'unknown' or u.why is not null then u.why is not null end,
        coalesce(u.why, case when u.rows_left is null then 'not_counted' end),
        case when u.why is not null then u.through_at end, u.rows_left, round(u.estimate)::bigint,
        round(u.came::numeric, 1), round(u.gone::numeric, 1),
        case u.verdict when 'through' then true when 'catching_up' then true when 'never' then false end,
        f.at, case when u.verdict = 'never' then ceil(round((u.came - u.gone)::numeric, 1))::bigint end,
        case u.verdict
            when 'through' then format('nothing was left at %s', date_trunc('second', u.at))
            when 'catching_up' then case
                when f.at <= v_now then 'caught up with its next run'
                else format('caught up in about %s days, on %s',
                    round(extract(epoch from f.at - v_now) / 86400, 1), f.at::date)
            end
            when 'never'
                then format('never, %s rows a day short', ceil(round((u.came - u.gone)::numeric, 1)))
            else case when u.at is null then 'unknown: no run has counted its rows'
                else 'unknown: its rows were counted over less than an hour since it was set' end
        end,
        u.at, v_now - u.at, u.span, u.run_id, u.run_state, u.run_reason, u.run_at
    from judged as u
    left join lateral (
        select greatest(u.at + u.rows_left / nullif(u.gone - u.came, 0) * interval '1 day', v_now) as at
        where u.verdict = 'catching_up'
    ) as f on true
    order by u.name;
end
$$;

comment on function pydb.retention_outlook(text, timestamptz) is
'One row a policy, or the named one: state (through: nothing was left; catching_up; never: as many come as go, or
more; unknown: its rows were counted over less than an hour), is_overdue and why (reason: a stop reason of its last
run, paused, disabled, kill_switch, not_run = its schedule has passed, left), backlog as it was counted at known_at
and as it will be by now, rows that cross the boundary and rows that are deleted a day (over basis), when it will have
caught up, or by how many rows a day it falls short. It reads what runs and dry runs have left in
pydb.retention_history and counts nothing itself: known_for says how old that is. p_now stands for the clock.';

revoke all on function pydb.retention_outlook(text, timestamptz) from public;
