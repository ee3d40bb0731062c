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
    v_due record := pydb_internal.retention_due_terms(p_policy, p_relation, p_cutoff);
    v_ends text[] := array[
        pydb_internal.retention_instant(p_policy, format('min(%s)', v_column)),
        pydb_internal.retention_instant(p_policy, format('max(%s)', v_column))
    ];
    v_probe boolean := p_policy.filter is null and not v_due.is_kept
        and pydb_internal.retention_time_index(p_relation, p_policy.time_column) is not null;
    v_expired bigint;
begin
    execute v_due.kept || format(
        'select count(*), %s, %s from only %s as t where %s',
        case when p_span and not v_probe then v_ends[1] else 'null' end,
        case when p_span and not v_probe then v_ends[2] else 'null' end, v_table, v_due.condition
    ) into rows_due, oldest, newest;
    rows_blocked := 0;
    if v_due.is_kept then
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
