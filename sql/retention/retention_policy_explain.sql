-- pydb.retention_policy_explain: what a policy does now and which of its bounds decides that, one row an aspect.
-- reads pydb.retention_policy, settings, the watermark, the catalog   writes nothing   locks nothing above a select
-- raises YD002, and what retention_plan raises of a keep
create or replace function pydb.retention_policy_explain(p_policy text, p_now timestamptz default null)
returns table (aspect text, state text, value text, at timestamptz, meaning text, hint text)
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC' -- as in a plan
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
as $$
declare
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_get(p_policy);
    v_now constant timestamptz := coalesce(p_now, clock_timestamp());
    v_all pydb_internal.retention_aspect[];
    v_block pydb_internal.retention_aspect;
begin
    v_all := array(select a from pydb_internal.retention_explain_cutoff(v_policy, v_now) as a)
        || array(select a from pydb_internal.retention_explain_terms(v_policy) as a)
        || array(select a from pydb_internal.retention_explain_switches(v_policy, v_now) as a)
        || array(select a from pydb_internal.retention_explain_window(v_policy, v_now) as a)
        || array(select a from pydb_internal.retention_explain_partitions(v_policy, v_now) as a);
    select a.aspect, a.state, a.value, a.at, a.meaning, a.hint into v_block
    from unnest(v_all) with ordinality as a
    where a.state = 'blocks'
    order by a.aspect in ('enabled', 'paused', 'kill_switch', 'window') desc, a.aspect = 'cutoff', a.ordinality
    limit 1;
    return query
    select
        'run', case when v_block.aspect is null then 'ok' else 'blocks' end, case
            when v_block.aspect is null then 'deletes'
            when v_block.aspect in ('enabled', 'paused', 'kill_switch', 'window') then 'skipped' else 'blocked'
        end, null::timestamptz, coalesce(
            'a run would delete nothing: ' || v_block.meaning,
            (
                select format('a run takes rows of %s whose %I is before %s: %s decides', coalesce(
                    pydb_internal.relation_name(v_policy.target), v_policy.target_name
                ), v_policy.time_column, (select c.at from unnest(v_all) as c where c.aspect = 'cutoff'), h.aspect)
                from unnest(v_all) as h
                where h.state = 'holds'
            )
        ), coalesce(v_block.hint, format('How many: select * from pydb.retention_plan(%L);', p_policy));
    return query select a.* from unnest(v_all) as a;
end
$$;

comment on function pydb.retention_policy_explain(text, timestamptz) is
'What a policy does now, one row an aspect: run (deletes, skipped or blocked), cutoff, keep, watermark, min_keep,
rules, filter, action, on_referenced, strategy, budgets, fuse, enabled, paused, kill_switch, schedule, window, catch_up, and
whatever else would keep the current role from deleting. state: holds (of keep and watermark, the one that decides the
cutoff), ok (in force), off (not set), blocks. For drop_partition also partitions (how many of how many go as a
whole), and partition, one each but for those after the cutoff: ok (it goes), stays (the boundary, or what something
keeps). at: the moment that it gives: a cutoff, the next run. meaning: a sentence; hint: what to type where it blocks.
It counts no rows; pydb.retention_plan does. p_now stands for the clock.';

revoke all on function pydb.retention_policy_explain(text, timestamptz) from public;
