-- pydb_internal.retention_endless_condition (last; by retention_last_condition): that a row is kept for ever, by its
-- column or its row of the mapping table.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005
create or replace function pydb_internal.retention_endless_condition(p_policy pydb.retention_policy, p_alias text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_test constant text := '(%s <= interval ''5000 years'') is not true';
    v_own constant text := p_alias || '.' || quote_ident(p_policy.keep_column);
begin
    return nullif(concat_ws(
        ' or ', case when p_policy.keep_column is not null then format('%s is not null and ' || c_test, v_own,
            pydb_internal.retention_keep_text(p_policy.target, p_policy.keep_column, p_alias)) end,
        case when p_policy.keep_table is not null then format(
            '%sexists (select 1 from %s as "kept by" where %s and ' || c_test || ')',
            case when p_policy.keep_column is not null then format('%s is null and ', v_own) else '' end,
            pydb_internal.relation_name(p_policy.keep_table),
            pydb_internal.retention_mapping_match(p_policy, p_alias, '"kept by"'),
            pydb_internal.retention_keep_text(p_policy.keep_table, p_policy.keep_value, '"kept by"')
        ) end
    ), '');
end
$$;

comment on function pydb_internal.retention_endless_condition(pydb.retention_policy, text) is
'Condition over an alias; null where no rule of the policy can say so. What is kept for ever no number to keep takes.';

revoke all on function pydb_internal.retention_endless_condition(pydb.retention_policy, text) from public;
