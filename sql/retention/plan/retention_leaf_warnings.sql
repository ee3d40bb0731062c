-- pydb_internal.retention_leaf_warnings (plan; by retention_plan): what a plan must say of one relation, one sentence
-- each.
-- reads the relation, its children and the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_leaf_warnings(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_cutoff timestamptz,
    p_due bigint,
    p_blocked bigint,
    p_null bigint,
    p_minus_infinity bigint,
    p_foreign boolean,
    p_said pydb_internal.retention_said default null
)
returns pydb_internal.retention_warning[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_all pydb_internal.retention_warning[] := '{}'::pydb_internal.retention_warning[];
begin
    if p_foreign then
        return array[row(
            'foreign_table', 'it is a foreign table: its rows are not touched, prune them where they live'
        )::pydb_internal.retention_warning];
    end if;
    if p_blocked > 0 then
        v_all := v_all || row('referenced', format(
            case p_blocked when 1 then '%s stays although it expired, because other rows reference it: %s'
                else '%s stay although they expired, because other rows reference them: %s' end,
            pydb_internal.rows_text(p_blocked),
            (
                select string_agg(
                    distinct format('%s (%s)', pydb_internal.relation_name(r.child), r.label), ', '
                )
                from pydb_internal.retention_references(p_relation) as r
                where r.on_delete in ('a', 'r', 'd') or (r.on_delete = 'n' and (r.not_null or cardinality(
                    pydb_internal.reference_constrained(array[r.child], r.set_columns)
                ) > 0)) or (
                    r.on_delete = 'c' and cardinality(pydb_internal.retention_blocker_conditions(r.child, 'c')) > 0
                )
            )
        ))::pydb_internal.retention_warning;
    end if;
    if p_null > 0 then
        v_all := v_all
            || row('no_time',
                format('%s without %I: never expired', pydb_internal.rows_text(p_null),
                    p_policy.time_column))::pydb_internal.retention_warning;
    end if;
    if p_minus_infinity > 0 then
        v_all := v_all || row('minus_infinity', format(
            '%s at -infinity: never expired (p_expire_minus_infinity => true would take them)',
            pydb_internal.rows_text(p_minus_infinity)
        ))::pydb_internal.retention_warning;
    end if;
    if not has_table_privilege(p_relation, 'UPDATE') then
        v_all := v_all || row('no_update', format(
            '%s has no UPDATE privilege here: where a row is locked its whole batch waits for the last pass',
            current_user
        ))::pydb_internal.retention_warning;
    end if;
    if p_policy.strategy = 'index' and pydb_internal.retention_time_index(p_relation, p_policy.time_column) is null then
        v_all := v_all
            || row('no_time_index',
                format('strategy index is set, but no index leads with %I',
                    p_policy.time_column))::pydb_internal.retention_warning;
    end if;
    return v_all || pydb_internal.retention_effect_warnings(p_policy, p_relation, p_cutoff, p_due, p_said);
end
$$;

comment on function pydb_internal.retention_leaf_warnings(
    pydb.retention_policy, oid, timestamptz, bigint, bigint, bigint, bigint, boolean, pydb_internal.retention_said
) is 'Warnings of a plan about one relation: referenced, null and -infinity rows, privileges, effects on children.';

revoke all on function pydb_internal.retention_leaf_warnings(
    pydb.retention_policy, oid, timestamptz, bigint, bigint, bigint, bigint, boolean, pydb_internal.retention_said
) from public;
