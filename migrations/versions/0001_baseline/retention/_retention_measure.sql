-- pydb._retention_measure: how many rows of one relation a policy would delete now, and how many stay for a reference.
-- reads the relation and the tables that reference it   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb._retention_measure(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_cutoff timestamptz,
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
    v_loose pydb.retention_policy := p_policy;
    v_select text := format(
        'select count(*), %s, %s from only %s as t where ',
        pydb._retention_instant(p_policy, format('min(t.%I)', p_policy.time_column)),
        pydb._retention_instant(p_policy, format('max(t.%I)', p_policy.time_column)),
        pydb._relation_name(p_relation)
    );
    v_predicate text := pydb._retention_predicate(p_policy, p_cutoff);
    v_kept text := pydb._retention_kept_query(p_policy, p_relation, p_cutoff);
    v_expired bigint;
    v_deletable text;
begin
    rows_minus_infinity := 0;
    -- -infinity sorts first, so the minimum tells for nothing whether there are any to count apart
    v_loose.expire_minus_infinity := true;
    execute v_select || pydb._retention_predicate(v_loose, p_cutoff) into v_expired, oldest, newest;
    if oldest = '-infinity' and not p_policy.expire_minus_infinity then
        rows_minus_infinity := v_expired;
        execute v_select || v_predicate into v_expired, oldest, newest;
        rows_minus_infinity := rows_minus_infinity - v_expired;
    end if;
    rows_due := v_expired;
    rows_blocked := 0;
    if v_expired = 0 then
        return;
    elsif v_kept is not null then
        v_deletable := v_predicate || ' and not exists (
            select 1 from kept where kept.rel = t.tableoid and kept.tid = t.ctid)';
    elsif cardinality(pydb._retention_blockers(p_relation, 't')) > 0 then
        v_deletable := v_predicate || ' and not ' || array_to_string(
            pydb._retention_blockers(p_relation, 't'), ' and not '
        );
    else
        return;
    end if;
    execute coalesce(v_kept, '') || v_select || v_deletable into rows_due, oldest, newest;
    rows_blocked := v_expired - rows_due;
end
$$;

comment on function pydb._retention_measure(pydb.retention_policy, oid, timestamptz) is
'Counts of one relation: rows that would go, rows that stay because others reference them, rows at -infinity that the
policy leaves, and the oldest and newest time among the rows that would go.';

revoke all on function pydb._retention_measure(pydb.retention_policy, oid, timestamptz) from public;
