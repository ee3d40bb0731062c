-- pydb.retention_plan: the dry run: exactly what retention_run would delete now, one row a leaf relation.
-- reads pydb.retention_policy, the targets and the tables that reference them   writes nothing   locks: as a select
-- raises 42501 55P03 YD002 YD003 YD102 YD103 YD105 YD106 YD114 YD119 YD123
create or replace function pydb.retention_plan(p_policy text default null, p_now timestamptz default null)
returns table (
    relation text,
    action text,
    rows bigint,
    total_rows bigint,
    bytes bigint,
    oldest timestamptz,
    newest timestamptz,
    blocked_rows bigint,
    strategy text,
    warnings text[],
    policy text,
    strategy_reason text,
    cutoff timestamptz,
    null_rows bigint,
    codes text[],
    implausible_rows bigint,
    held_rows bigint
)
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC' -- as in a run: a filter may call what depends on it
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set jit = off
as $$
declare
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_policy pydb.retention_policy;
    v_leaf record;
    v_whole pydb_internal.retention_warning[];
    v_said pydb_internal.retention_warning[];
    v_steps pydb.cascade_step[];
    v_along record;
    v_terms pydb_internal.retention_said;
begin
    if p_policy is null then
        foreach policy in array coalesce(pydb_internal.retention_policy_names(null), '{}') loop
            begin
                return query select p.* from pydb.retention_plan(p_policy => policy, p_now => v_now) as p;
            exception when others then
                -- as in a run, one policy that cannot work does not hide the others
                v_policy := pydb_internal.retention_policy_get(policy);
                return query select
                    coalesce(pydb_internal.relation_name(v_policy.target), v_policy.target_name), v_policy.action,
                    0::bigint, 0::bigint, 0::bigint, null::timestamptz, null::timestamptz, 0::bigint, null::text,
                    array[format('a run would %s%s (%s)', case sqlstate when 'YD119' then 'be ' else 'fail: ' end,
                        sqlerrm, sqlstate)], v_policy.name, null::text, null::timestamptz, 0::bigint,
                    array[case sqlstate when 'YD119' then 'watermark' when 'YD123' then 'rules' else 'fails' end],
                    0::bigint, 0::bigint;
            end;
        end loop;
        return;
    end if;
    v_policy := pydb_internal.retention_policy_at(pydb_internal.retention_policy_get(p_policy), v_now);
    perform pydb_internal.retention_check_author(v_policy), pydb_internal.retention_enter(v_policy),
        pydb_internal.retention_check_children(v_policy);
    policy := p_policy;
    cutoff := pydb_internal.retention_cutoff(v_policy, v_now);
    v_terms := pydb_internal.retention_last_survey(v_policy, cutoff);
    v_steps := array(select s from pydb_internal.retention_cascade_plan(v_policy, cutoff, v_terms) as s);
    v_along := pydb_internal.retention_along(v_policy, v_steps);
    for v_leaf in
        select
            s.*, sum(s.rows_due) over () as all_due, sum(s.rows_blocked) over () as all_blocked,
            sum(s.rows_total) over () as all_total
        from pydb_internal.retention_survey(v_policy, cutoff, true, null, v_terms) as s
    loop
        relation := pydb_internal.relation_name(v_leaf.relation);
        rows := v_leaf.rows_due;
        total_rows := v_leaf.rows_total;
        bytes := (pg_table_size(v_leaf.relation) * (v_leaf.rows_due::float8 / greatest(v_leaf.rows_total, 1)))::bigint;
        oldest := v_leaf.oldest;
        newest := v_leaf.newest;
        blocked_rows := v_leaf.rows_blocked;
        strategy := v_leaf.strategy;
        strategy_reason := v_leaf.strategy_reason;
        action := case v_policy.action when 'archive' then 'archive' else v_leaf.action end;
        null_rows := case when v_leaf.foreign_table or v_leaf.unit is not null or action = 'keep' then 0
            else pydb_internal.retention_null_rows(v_leaf.relation, v_policy.time_column, v_leaf.rows_total) end;
        implausible_rows := v_leaf.rows_past + v_leaf.rows_future;
        held_rows := v_leaf.rows_held;
        v_said := '{}';
        -- what concerns the whole policy is said once, with its first relation
        if v_whole is null then
            v_whole := pydb_internal.retention_policy_warnings(
                v_policy, v_leaf.all_due::bigint + v_along.own, v_leaf.all_total::bigint, v_leaf.all_blocked::bigint,
                v_leaf.all_due::bigint + v_along.rows
            ) || pydb_internal.retention_watermark_warnings(v_policy, v_now, cutoff);
            v_said := v_whole;
        end if;
        if v_policy.on_referenced = 'error' and v_leaf.all_blocked > 0 then
            rows := 0;
            v_steps := '{}';
        end if;
        v_said := v_said || pydb_internal.retention_held_warnings(v_policy, v_leaf.relation, cutoff, held_rows)
            || pydb_internal.retention_partition_warnings(v_leaf.relation, action, v_leaf.code, v_leaf.reason) || case
            when v_leaf.unit is null and action <> 'keep' then pydb_internal.retention_leaf_warnings(
                v_policy, v_leaf.relation, cutoff, v_leaf.rows_due, blocked_rows, null_rows, v_leaf.rows_minus_infinity,
                v_leaf.foreign_table, v_terms
            ) end || pydb_internal.retention_implausible_warnings(v_policy, v_leaf.rows_past, v_leaf.rows_future);
        warnings := array(select w.said from unnest(v_said) as w);
        codes := array(select w.code from unnest(v_said) as w);
        return next;
    end loop;
    return query
    select
        s.relation, s.action, case s.action when 'delete' then s.rows else 0 end, 0::bigint, 0::bigint,
        null::timestamptz, null::timestamptz, 0::bigint, 'cascade'::text, array_remove(array[
            case s.action
                when 'delete' then 'they go with their parents, whatever their own age'
                when 'blocked' then 'their parents stay'
                else pydb_internal.rows_text(s.rows) || ' set'
            end, s.warning, s.cure
        ], null),
        p_policy, format('%s references %s', s.via, s.parent), cutoff, 0::bigint, array['cascade_' || s.action]
            || s.codes, 0::bigint, 0::bigint
    from unnest(v_steps) as s
    where s.rows > 0 or s.action = 'blocked';
end
$$;

comment on function pydb.retention_plan(text, timestamptz) is
'Dry run of one policy, or of all enabled ones (null): one row a leaf relation. rows is what retention_run deletes if
nobody writes in between, by the same predicate; blocked_rows expire but stay because a row that stays references them;
null_rows have no time and never expire; implausible_rows have one that cannot be meant (before 1980, or a number
beyond a century ahead) and stay unless the policy says p_expire_implausible; held_rows expire but stay because a hold
keeps them, or what hangs on them: warnings name it (code held). Asked for all, a policy that cannot run is
one row that says why, without a cutoff (codes: fails, or watermark). total_rows is counted below 4096 pages and
estimated from the statistics above;
bytes is the share of the table''s size. strategy and strategy_reason: how the run walks. warnings: the fuse, children
that change, missing indexes with their cure, triggers; codes: the same as words for programs. It takes no lock above a
SELECT''s and leaves no trace.
p_now stands for the clock, for rehearsals.';

revoke all on function pydb.retention_plan(text, timestamptz) from public;
