-- pydb_internal.retention_rule_text (rules): the rules of a policy in a line, for people and for the guard of its
-- shape.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_rule_text(p_policy pydb.retention_policy)
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select nullif(concat_ws(
            ', ', 'kept by column ' || quote_ident(p_policy.keep_column),
            case when p_policy.keep_table is not null then format(
                'kept by %s of %s where (%s) = (%s)', quote_ident(p_policy.keep_value),
                coalesce(pydb_internal.relation_name(p_policy.keep_table), p_policy.keep_table::oid::text),
                array_to_string(p_policy.keep_key, ', '), array_to_string(p_policy.keep_by, ', ')
            ) end,
            'never less than ' || p_policy.keep_floor,
            case when p_policy.keep_last is not null then format(
                '%s among the last %s of (%s)', case p_policy.combine when 'or' then 'or not' else 'and not' end,
                p_policy.keep_last, array_to_string(p_policy.keep_last_by, ', ')
            ) end
        ), '')
    );
end
$$;

comment on function pydb_internal.retention_rule_text(pydb.retention_policy) is
'Column, mapping table, floor, last rows; null where the policy has no rules.';

revoke all on function pydb_internal.retention_rule_text(pydb.retention_policy) from public;
