-- pydb.retention_row_explain: what a policy does with one row: which rule, from where, when it goes, what keeps it.
-- reads pydb.retention_policy, the row, the mapping table, what references and holds the row   writes nothing
-- locks: as a select
-- raises 55P03 YD002 YD003 YD005 YD103 YD105 YD113 YD114 YD119 YD123 YD301 YD704
create or replace function pydb.retention_row_explain(
    p_policy text,
    p_key jsonb,
    p_now timestamptz default null
)
returns table (
    relation text,
    key jsonb,
    at timestamptz,
    rule text,
    rule_from text,
    keep interval,
    goes_at timestamptz,
    is_due boolean,
    place bigint,
    codes text[],
    said text[],
    cutoff timestamptz
)
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC' -- as in a plan
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set jit = off
as $$
declare
    v_now constant timestamptz := coalesce(p_now, clock_timestamp());
    v_policy pydb.retention_policy := pydb_internal.retention_policy_get(p_policy);
    v_row record;
    v_rule record;
    v_why record;
begin
    v_policy.keep_at := v_now; -- what has no rules has a moment too
    v_policy := pydb_internal.retention_policy_at(v_policy, v_now);
    perform pydb_internal.retention_check_author(v_policy);
    perform pydb_internal.retention_enter(v_policy);
    cutoff := pydb_internal.retention_cutoff(v_policy, v_now);
    for v_row in
        select k.value as key, r.relation as oid, u.tid
        from jsonb_array_elements(
            case jsonb_typeof(p_key) when 'array' then p_key else jsonb_build_array(p_key) end
        ) with ordinality as k
        cross join lateral unnest(pydb_internal.cascade_root_rows(v_policy.target, jsonb_build_array(k.value))) as r
        cross join lateral unnest(r.tids) as u (tid)
        order by k.ordinality
    loop
        key := v_row.key;
        relation := pydb_internal.relation_name(v_row.oid);
        v_rule := pydb_internal.retention_row_rule(v_policy, v_row.oid, v_row.tid);
        v_why := pydb_internal.retention_row_reasons(
            v_policy, v_row.oid, v_row.tid, cutoff, v_rule.at, v_rule.rule_from, v_rule.keep, v_rule.goes_at
        );
        at := v_rule.at;
        rule := v_rule.rule;
        rule_from := v_rule.rule_from;
        keep := v_rule.keep;
        is_due := v_why.is_due;
        place := v_why.place;
        codes := v_why.codes;
        said := v_why.said;
        -- while others keep it nobody can say when it goes
        goes_at := case
            when 'young' = any(codes) or codes = '{}' and v_rule.goes_at <= v_now then v_rule.goes_at
        end;
        if codes && array['no_time', 'implausible', 'filter', 'for_ever', 'last'] then
            goes_at := null;
        end if;
        return next;
    end loop;
end
$$;

comment on function pydb.retention_row_explain(text, jsonb, timestamptz) is
'What a policy does with the row that p_key names ({"id": 7}: all columns of a unique key), or with each of an array of
them; none where there is no such row. rule: column, mapping, policy, or floor where one of them says less than it;
rule_from: where that stands; keep: how long it says, null = for ever; goes_at: when the row goes, or went, for its
age, null = never, or nobody can say while something else keeps it. is_due: a run would take it now, by its own
condition. place: among the rows of its group, newest first (keep_last). codes: what keeps it: no_time, implausible,
filter, for_ever, young, watermark, last, held, referenced; said: the same in words. p_now stands for the clock.';

revoke all on function pydb.retention_row_explain(text, jsonb, timestamptz) from public;
