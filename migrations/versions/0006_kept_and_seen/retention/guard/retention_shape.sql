-- pydb_internal.retention_shape (guard): what a policy depends on: its table, all that goes with its rows, its
-- predicate.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_shape(p_policy pydb.retention_policy)
returns pydb_internal.guard_part[]
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.reference_shape(
        p_policy.target, case p_policy.on_referenced when 'cascade' then '{"*": "delete"}' else '{}' end::jsonb
    ) || row(
        'predicate', p_policy.name,
        concat_ws(' ', p_policy.time_column, p_policy.time_unit, p_policy.keep, 'where ' || p_policy.filter,
            pydb_internal.retention_rule_text(p_policy)), true
    )::pydb_internal.guard_part;
end
$$;

comment on function pydb_internal.retention_shape(pydb.retention_policy) is
'The parts of a policy''s table and of what goes with its rows, and one for its predicate.';

revoke all on function pydb_internal.retention_shape(pydb.retention_policy) from public;
