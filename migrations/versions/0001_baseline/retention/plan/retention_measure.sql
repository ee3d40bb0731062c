-- pydb_internal.retention_measure (plan; by retention_survey): how many rows of one relation a policy would delete now,
-- and how many stay for a reference.
-- reads the relation and the tables that reference it   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_measure(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_cutoff timestamptz,
    p_span boolean,
    out rows_due bigint,
    out rows_blocked bigint,
    out rows_minus_infinity bigint,
    out oldest timestamptz,
    out newest timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_table text := pydb_internal.relation_name(p_relation);
    v_column text := format('t.%I', p_policy.time_column);
    v_predicate text := pydb_internal.retention_expired_condition(p_policy, p_cutoff);
    v_kept text := case when p_policy.on_referenced <> 'cascade'
        then pydb_internal.retention_kept_query(p_policy, p_relation, p_cutoff) end;
    v_blockers text[] := case when p_policy.on_referenced = 'cascade'
        then '{}' else pydb_internal.retention_blocker_conditions(p_relation, 't') end;
    v_ends text[] := array[
        pydb_internal.retention_instant(p_policy, format('min(%s)', v_column)),
        pydb_internal.retention_instant(p_policy, format('max(%s)', v_column))
    ];
    v_deletable text := v_predicate;
    v_probe boolean := p_policy.filter is null and v_kept is null and cardinality(v_blockers) = 0
        and pydb_internal.retention_time_index(p_relation, p_policy.time_column) is not null;
    v_expired bigint;
begin
    if v_kept is not null then
        v_deletable := v_predicate || ' and not exists (
            select 1 from kept where kept.rel = t.tableoid and kept.tid = t.ctid)';
    elsif cardinality(v_blockers) > 0 then
        v_deletable := v_predicate || ' and not ' || array_to_string(v_blockers, ' and not ');
    end if;
    execute coalesce(v_kept, '') || format(
        'select count(*), %s, %s from only %s as t where %s',
        case when p_span and not v_probe then v_ends[1] else 'null' end,
        case when p_span and not v_probe then v_ends[2] else 'null' end, v_table, v_deletable
    ) into rows_due, oldest, newest;
    rows_blocked := 0;
    if v_deletable <> v_predicate then
        execute format('select count(*) from only %s as t where %s', v_table, v_predicate) into v_expired;
        rows_blocked := v_expired - rows_due;
    end if;
    rows_minus_infinity := 0;
    if not p_span then
        return;
    end if;
    if v_probe then
        -- the ends of the index tell the ends of the time span: no second scan
        execute format(
            'select (select %s from only %s as t where %s), (select %s from only %2$s as t where %3$s)',
            v_ends[1], v_table, v_predicate, v_ends[2]
        ) into oldest, newest;
    end if;
    if p_policy.time_unit in ('timestamptz', 'timestamp', 'date') and not p_policy.expire_minus_infinity then
        execute format('select count(*) from only %s as t where %s = ''-infinity''', v_table, v_column)
            into rows_minus_infinity;
    end if;
end
$$;

comment on function pydb_internal.retention_measure(pydb.retention_policy, oid, timestamptz, boolean) is
'Counts of one relation: rows that would go, rows that stay because others reference them, rows at -infinity that the
policy leaves, and (p_span only) the oldest and newest time among the rows that would go.';

revoke all on function pydb_internal.retention_measure(pydb.retention_policy, oid, timestamptz, boolean) from public;
