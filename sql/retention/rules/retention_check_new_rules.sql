-- pydb_internal.retention_check_new_rules (rules; by retention_policy_vet): refuse rules that say nothing, that
-- contradict each other, or that whoever sets them may not ask.
-- reads the catalog, settings   writes nothing   locks nothing
-- raises YD121 YD122
create or replace function pydb_internal.retention_check_new_rules(
    p_policy pydb.retention_policy,
    p_allow_short boolean
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_least constant interval := pydb_internal.setting_get(p_name => 'min_keep')::interval;
    v_code text := 'YD121';
    v_problem text;
    v_hint text;
begin
    if p_policy.keep_table is null and num_nonnulls(p_policy.keep_by, p_policy.keep_key, p_policy.keep_value) > 0 then
        v_problem := 'p_keep_by, p_keep_key and p_keep_value describe a mapping table, and p_keep_table is null';
        v_hint := 'p_keep_table => ''schema.table''';
    elsif num_nonnulls(p_policy.keep_column, p_policy.keep_table, p_policy.keep_last) = 0
        and p_policy.keep_floor is not null
    then
        v_problem := 'p_keep_floor bounds rules, and there are none';
        v_hint := 'Leave p_keep_floor out: p_keep is all that counts.';
    elsif p_policy.keep_floor < interval '0' or p_policy.keep_floor > p_policy.keep then
        v_problem := format('p_keep_floor is %s, and p_keep %s', p_policy.keep_floor, p_policy.keep);
        v_hint := 'The floor is not negative, and not above p_keep: no rule goes below it.';
    elsif p_policy.keep_floor < v_least and not p_policy.expiry and not p_allow_short then
        v_problem := format('p_keep_floor is %s, shorter than min_keep, %s', p_policy.keep_floor, v_least);
        v_hint := 'p_allow_short => true to go below min_keep.';
    elsif pydb_internal.retention_has_rules(p_policy)
        and pydb_internal.retention_builtin(p_policy.name, p_policy.target)
    then
        v_problem := format('policy %s is pydb''s own', p_policy.name);
        v_hint := 'Change its keep, schedule or bounds.';
    end if;
    if v_problem is null and (p_policy.keep_last is not null or p_policy.keep_last_by is not null
        or p_policy.combine is not null)
    then
        v_code := 'YD122';
        v_problem := case
            when p_policy.keep_last is null then 'p_keep_last_by and p_combine need p_keep_last'
            when p_policy.keep_last < 1 or p_policy.keep_last > 1000000
                then format('p_keep_last is %s, it must be 1 to 1000000', p_policy.keep_last)
            when p_policy.combine is null or p_policy.combine not in ('and', 'or')
                then 'p_combine does not say how p_keep_last and the age go together'
            when p_policy.action = 'drop_partition'
                then 'a partition goes as a whole, and the last rows of a group may be in any'
        end;
        v_hint := case
            when p_policy.keep_last is null then 'p_keep_last => 3'
            when p_policy.action = 'drop_partition' then 'p_action => ''delete'''
            else 'p_combine => ''and'': a row goes when it expired and is not among the last; ''or'': when it expired, '
                'or is not among the last'
        end;
    end if;
    if v_problem is null and pydb_internal.retention_has_rules(p_policy) then
        select p.problem, p.hint, p.code into v_problem, v_hint, v_code
        from pydb_internal.retention_rule_problem(p_policy, to_regrole(quote_ident(current_user))::oid) as p;
    end if;
    if v_problem is not null then
        raise exception using errcode = case v_code when 'YD122' then 'YD122' else 'YD121' end,
            message = format('a rule of policy %s is refused', p_policy.name),
            detail = v_problem || '.', hint = v_hint;
    end if;
end
$$;

comment on function pydb_internal.retention_check_new_rules(pydb.retention_policy, boolean) is
'Raises YD121 for a column, a mapping table or a floor that cannot be, YD122 for a number of last rows that cannot be
kept.';

revoke all on function pydb_internal.retention_check_new_rules(pydb.retention_policy, boolean) from public;
