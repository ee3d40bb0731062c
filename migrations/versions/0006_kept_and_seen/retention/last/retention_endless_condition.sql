-- pydb_internal.retention_endless_condition (last): that a row is kept for ever, by its
-- column or its row of the mapping table.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005
create or replace function pydb_internal.retention_endless_condition(
    p_policy pydb.retention_policy,
    p_alias text,
    p_is_joined boolean
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_spare constant text := pydb_internal.retention_spare_name(p_policy.target);
    v_own constant text := p_alias || '.' || quote_ident(p_policy.keep_column);
begin
    return nullif(concat_ws(
        ' or ', case when p_policy.keep_column is not null then format(
            '%s is not null and (%s) is not true', v_own, pydb_internal.retention_meant_text(
                pydb_internal.retention_keep_text(p_policy.target, p_policy.keep_column, p_alias)
            )
        ) end, case when p_policy.keep_table is not null then concat_ws(
            ' and ', v_own || ' is null', case
                when p_is_joined then format(
                    '"kept by".%I is not null and "kept by".%I is null', v_spare || 1, v_spare || 'until'
                )
                else format(
                    'exists (select 1 from %s as "kept by" where %s and (%s) is not true)',
                    pydb_internal.relation_name(p_policy.keep_table),
                    pydb_internal.retention_mapping_match(p_policy, p_alias, '"kept by"'),
                    pydb_internal.retention_meant_text(
                        pydb_internal.retention_keep_text(p_policy.keep_table, p_policy.keep_value, '"kept by"')
                    )
                )
            end
        ) end
    ), '');
end
$$;

comment on function pydb_internal.retention_endless_condition(pydb.retention_policy, text, boolean) is
'Condition over an alias, with the mapping joined (retention_rule_source) or without; null where no rule of the policy
can say so. What is kept for ever no number to keep takes.';

revoke all on function pydb_internal.retention_endless_condition(pydb.retention_policy, text, boolean) from public;
