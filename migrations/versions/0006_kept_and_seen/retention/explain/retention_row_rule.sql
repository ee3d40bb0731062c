-- pydb_internal.retention_row_rule (explain; by retention_row_explain): which rule says how long one row is kept, from
-- where, and when it goes by it.
-- reads the row, the mapping table   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_row_rule(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_tid tid,
    out at timestamptz,
    out rule text,
    out rule_from text,
    out keep interval,
    out goes_at timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_floor constant interval := pydb_internal.retention_floor(p_policy);
    v_own constant text := pydb_internal.retention_keep_text(p_policy.target, p_policy.keep_column, 't');
    v_own_keep interval;
    v_mapped interval;
    v_mapped_by text;
    v_meant boolean;
begin
    execute format(
        'select %s as at, %s as own, "found"."keep" as mapped, "found"."keys" as mapped_by
        from only %s as t left join lateral (%s) as "found" on true where t.ctid = $1',
        pydb_internal.retention_instant(p_policy, format('t.%I', p_policy.time_column)
            || case p_policy.time_unit when 'uuidv7' then '::pg_catalog.text' else '' end),
        coalesce(v_own, 'null::pg_catalog.interval'), pydb_internal.relation_name(p_relation),
        case when p_policy.keep_table is null then
            'select null::pg_catalog.interval as "keep", null::pg_catalog.text as "keys" limit 0'
        else format(
            'select %s as "keep", pg_catalog.concat_ws('', '', %s) as "keys" from %s as "kept by" where %s limit 1',
            pydb_internal.retention_keep_text(p_policy.keep_table, p_policy.keep_value, '"kept by"'),
            (
                select string_agg(format('%L || "kept by".%I::pg_catalog.text', quote_ident(u.name) || ' = ', u.name),
                    ', ' order by u.ord)
                from unnest(p_policy.keep_key) with ordinality as u (name, ord)
            ),
            pydb_internal.relation_name(p_policy.keep_table),
            pydb_internal.retention_mapping_match(p_policy, 't', '"kept by"')
        ) end
    ) into at, v_own_keep, v_mapped, v_mapped_by using p_tid;
    rule := case when v_own_keep is not null then 'column' when v_mapped_by is not null then 'mapping'
        else 'policy' end;
    rule_from := case rule
        when 'column' then format('column %I: %s', p_policy.keep_column, v_own_keep)
        when 'mapping' then format('%s where %s: %I is %s', pydb_internal.relation_name(p_policy.keep_table),
            v_mapped_by, p_policy.keep_value, coalesce(v_mapped::text, 'null, for ever'))
        else format('keep of policy %s: %s', p_policy.name, p_policy.keep)
    end;
    keep := case rule when 'column' then v_own_keep when 'mapping' then v_mapped else p_policy.keep end;
    execute format('select %s', pydb_internal.retention_meant_text(format('%L::pg_catalog.interval', keep)))
        into v_meant;
    if v_meant is not true then
        keep := null;
    elsif keep < v_floor then
        rule := 'floor';
        rule_from := format('keep_floor %s; %s', v_floor, rule_from);
        keep := v_floor;
    end if;
    goes_at := pydb_internal.retention_goes_at(p_policy, at, keep);
end
$$;

comment on function pydb_internal.retention_row_rule(pydb.retention_policy, oid, tid) is
'rule: column, mapping, policy, or floor where one of them says less than it; rule_from: where that stands; keep: how
long, null = for ever; goes_at: when it expires by that, null = never.';

revoke all on function pydb_internal.retention_row_rule(pydb.retention_policy, oid, tid) from public;
