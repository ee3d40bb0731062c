-- pydb_internal.retention_row_reasons (explain; by retention_row_explain): whether a run would take one row now, and
-- all that keeps it.
-- reads the row, what references and holds it   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_row_reasons(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_tid tid,
    p_cutoff timestamptz,
    p_at timestamptz,
    p_rule_from text,
    p_keep interval,
    p_goes_at timestamptz,
    out is_due boolean,
    out place bigint,
    out codes text[],
    out said text[]
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_say constant record := pydb_internal.retention_expiry(p_policy, p_cutoff, 't');
    v_free constant text := pydb_internal.hold_free_condition(p_policy.target);
    v_due constant record := pydb_internal.retention_due_terms(p_policy, p_relation, p_cutoff);
    v_from constant text := format(' from only %s as t', pydb_internal.relation_name(p_relation));
    v_there constant text := format(' where t.ctid = %L', p_tid);
    v_timeless boolean;
    v_past boolean;
    v_future boolean;
    v_meant boolean;
    v_held boolean;
    v_expired boolean;
begin
    execute format(
        'select t.%I is null as timeless, (%s) as past, (%s) as future, (true%s) is true as meant,
            (true%s) is not true as held%s%s',
        p_policy.time_column, v_say.past, v_say.future, v_say.filtered, v_free, v_from,
        v_there
    ) into v_timeless, v_past, v_future, v_meant, v_held;
    execute format('%s select exists (select 1%s%s%s and %s)', v_due.kept, v_from,
        pydb_internal.retention_rule_source(p_policy), v_there, v_due.condition || v_free)
        into is_due;
    execute format('select exists (select 1%s%s and %s)', v_from, v_there,
        pydb_internal.retention_expired_condition(p_policy, p_cutoff)) into v_expired;
    if p_policy.keep_last is not null then
        execute format('select "last"."place" from (%s) as "last"
            where ("last"."in", "last"."at") = ($1, $2) and "last"."is_aged" is not true',
            pydb_internal.retention_last_query(p_policy, p_cutoff)) into place using p_relation, p_tid;
    end if;
    select array_agg(u.code order by u.ord), array_agg(u.said order by u.ord) into codes, said
    from (
        values
        (1, 'no_time', v_timeless, format('%I is null: it never expires', p_policy.time_column)),
        (2, 'implausible', v_past or v_future, format('%I cannot be meant: it is left', p_policy.time_column)),
        (3, 'filter', not v_meant, format('the policy is for rows with: %s', p_policy.filter)),
        (4, 'for_ever', p_keep is null, format('kept for ever by %s', p_rule_from)),
        (5, 'young', p_goes_at > p_policy.keep_at and not (
            p_policy.combine is not distinct from 'or' and v_expired
        ), format('it expires at %s', p_goes_at)),
        (6, 'watermark', p_at >= p_cutoff and p_goes_at <= p_policy.keep_at,
            'it is not older than the watermark of the policy'),
        (7, 'last', place <= p_policy.keep_last and not (p_policy.combine = 'or' and v_expired), format(
            'number %s of the last %s of its group', place, p_policy.keep_last
        )),
        (8, 'held', v_held, 'held by ' || array_to_string(
            case when v_held then pydb_internal.hold_names_of(p_relation, format('t.ctid = %L', p_tid)) end, ', '
        )),
        (9, 'referenced', v_expired and not is_due, 'rows that stay reference it')
    ) as u (ord, code, holds, said)
    where u.holds;
    codes := coalesce(codes, '{}');
    said := coalesce(said, '{}');
end
$$;

comment on function pydb_internal.retention_row_reasons(
    pydb.retention_policy, oid, tid, timestamptz, timestamptz, text, interval, timestamptz
) is
'is_due: by the very condition of plan and run. p_at to p_goes_at as retention_row_rule says. place: among the rows of
its group, newest first. codes and said: what keeps it.';

revoke all on function pydb_internal.retention_row_reasons(
    pydb.retention_policy, oid, tid, timestamptz, timestamptz, text, interval, timestamptz
) from public;
