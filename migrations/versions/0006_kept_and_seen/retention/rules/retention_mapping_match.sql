-- pydb_internal.retention_mapping_match (rules): SQL text that joins a row of the policy's table to its row of the
-- mapping table.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005
create or replace function pydb_internal.retention_mapping_match(
    p_policy pydb.retention_policy,
    p_alias text,
    p_mapping text,
    p_names name[] default null
)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.key_match(
        p_alias, p_policy.keep_by, p_mapping, coalesce(p_names, p_policy.keep_key), e.operators, e.collations
    )
    from pydb_internal.reference_equality(
        p_policy.target, pydb_internal.column_numbers(p_policy.target, p_policy.keep_by), p_policy.keep_table,
        pydb_internal.column_numbers(p_policy.keep_table, p_policy.keep_key), null
    ) as e;
$$;

comment on function pydb_internal.retention_mapping_match(pydb.retention_policy, text, text, name[]) is
'Condition over two aliases, by the equality of the type. p_names: what the key''s columns are called there.';

revoke all on function pydb_internal.retention_mapping_match(pydb.retention_policy, text, text, name[]) from public;
