-- pydb_internal.retention_survey (plan): one row a leaf relation: what a policy would do there now. Plan, run and batch
-- start from it.
-- reads the target and the tables that reference it   writes nothing   locks nothing above a select
-- raises YD003 YD102 YD106 YD120
create or replace function pydb_internal.retention_survey(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_span boolean,
    p_rule pydb_internal.hold_rule default null,
    p_said pydb_internal.retention_said default null
)
returns table (
    relation oid,
    rows_due bigint,
    rows_blocked bigint,
    rows_minus_infinity bigint,
    rows_total bigint,
    oldest timestamptz,
    newest timestamptz,
    strategy text,
    strategy_reason text,
    foreign_table boolean,
    rows_past bigint,
    rows_future bigint,
    unit oid,
    action text,
    code text,
    reason text,
    last_block bigint,
    rows_held bigint
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_leaf record;
    v_rule pydb_internal.hold_rule := p_rule;
    v_said pydb_internal.retention_said;
    v_action constant text := pydb_internal.retention_save_action(p_policy);
    v_is_chunked constant boolean := pydb_internal.relation_is_hypertable(p_policy.target);
begin
    perform pydb_internal.retention_chunk_check(p_policy);
    perform pydb_internal.retention_time_unit(p_policy.target, p_policy.time_column, p_policy.time_unit);
    p_said := pydb_internal.retention_last_survey(p_policy, p_cutoff, p_said);
    v_said := p_said;
    v_said.last := null;
    if p_rule.free is null then
        v_rule := pydb_internal.hold_rule_of(p_policy.target);
    end if;
    for v_leaf in
        select
            coalesce(l.relation, p.relation) as oid, l.foreign_table is true as is_foreign, p.unit,
            coalesce(p.action, v_action) as action, p.code, p.reason, coalesce(w.tids, '{}') as last
        from pydb_internal.retention_leaves(p_policy.target) as l
        full join pydb_internal.retention_partition_leaves(p_policy, p_cutoff) as p on p.relation = l.relation
        left join unnest(p_said.last) as w on w.relation = l.relation
        -- rows of a hypertable are in its chunks, and what is none of them is not for pydb
        where p.relation is not null or not v_is_chunked
        order by 1
    loop
        relation := v_leaf.oid;
        foreign_table := v_leaf.is_foreign;
        unit := v_leaf.unit;
        action := v_leaf.action;
        code := v_leaf.code;
        reason := v_leaf.reason;
        rows_due := 0;
        rows_blocked := 0;
        rows_minus_infinity := 0;
        rows_total := 0;
        rows_past := 0;
        rows_future := 0;
        rows_held := 0;
        oldest := null;
        newest := null;
        last_block := null;
        strategy := null;
        strategy_reason := null;
        if unit is not null or action = 'keep' then
            rows_total := case
                when foreign_table then 0
                when v_is_chunked then (pydb_internal.retention_partition_rows(relation)).rows
                else pydb_internal.retention_total_rows(relation)
            end;
            rows_due := case when unit is not null and code <> 'partition_pending' then rows_total else 0 end;
            -- it expired and waits as a whole
            rows_held := case when code in ('partition_held', 'partition_beside') then rows_total else 0 end;
            strategy := case when unit is not null then 'partition' end;
            strategy_reason := reason;
        elsif not foreign_table then
            if p_said.last is not null then
                v_said.ruled_joined := pydb_internal.retention_rule_condition(
                    p_policy, p_cutoff, p_is_joined => true, p_last => v_leaf.last
                );
            end if;
            select
                m.rows_due, m.rows_blocked, m.rows_minus_infinity, m.oldest, m.newest, m.rows_past, m.rows_future,
                m.last_block, m.rows_held
            into rows_due, rows_blocked, rows_minus_infinity, oldest, newest, rows_past, rows_future, last_block,
                rows_held
            from pydb_internal.retention_measure(p_policy, relation, p_cutoff, p_span, v_rule, v_said) as m;
            rows_total := greatest(
                -- of what keeps all its rows only the fuse asks, and counts where that could matter
                pydb_internal.retention_total_rows(relation, case when p_span or rows_due > 0 then false end),
                rows_due + rows_blocked + rows_held + rows_minus_infinity + rows_past + rows_future
            );
            if p_span or rows_due > 0 then
                select s.strategy, s.reason into strategy, strategy_reason
                from pydb_internal.retention_strategy(p_policy, relation, rows_due, rows_total) as s;
            end if;
        end if;
        return next;
    end loop;
end
$$;

comment on function pydb_internal.retention_survey(
    pydb.retention_policy, timestamptz, boolean, pydb_internal.hold_rule, pydb_internal.retention_said
) is
'Per leaf relation: what becomes of it (unit, action, code and reason of retention_partition_leaves), rows due,
blocked, held, at -infinity and at a time that cannot be meant (rows_past, rows_future), total rows, how it is walked,
and (p_span) the time span of the rows due and the rows at -infinity; last_block as retention_measure says. p_rule: what
holds say of the rows, p_said: what the policy says of them; from who has asked already.';

revoke all on function pydb_internal.retention_survey(
    pydb.retention_policy, timestamptz, boolean, pydb_internal.hold_rule, pydb_internal.retention_said
) from public;
