-- pydb_internal.retention_effect_warnings (plan; by retention_leaf_warnings): what a delete would change beyond the
-- rows themselves, and what would make it slow: one sentence each.
-- reads the relation, its children and the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_effect_warnings(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_cutoff timestamptz,
    p_rows bigint,
    p_said pydb_internal.retention_said default null
)
returns pydb_internal.retention_warning[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_ref record;
    v_count bigint;
    v_bare text;
    v_due text;
    v_all pydb_internal.retention_warning[] := '{}'::pydb_internal.retention_warning[];
begin
    for v_ref in select r.* from pydb_internal.retention_references(p_relation) as r loop
        if v_ref.on_delete in ('c', 'n', 'd') and not v_ref.itself and p_rows > 0 then
            v_due := coalesce(
                v_due, pydb_internal.retention_deletable_condition(p_policy, p_relation, p_cutoff, p_said)
                    || pydb_internal.hold_free_condition(p_policy.target)
            );
            execute format(
                'select count(*) from %s as c where exists (select 1 from only %s as t where %s and %s)',
                v_ref.source, pydb_internal.relation_name(p_relation),
                concat_ws(' and ', pydb_internal.key_match(
                    'c', v_ref.child_columns, 't', v_ref.parent_columns, v_ref.operators, v_ref.collations
                ), pydb_internal.reference_row_condition(p_relation, 't', v_ref.parent_condition)),
                v_due
            ) into v_count;
            if v_count > 0 then
                v_all := v_all || row('children', format(
                    '%s of %s would be %s through %s', pydb_internal.rows_text(v_count),
                        pydb_internal.relation_name(v_ref.child),
                    case v_ref.on_delete
                        when 'c' then 'deleted (ON DELETE CASCADE)'
                        when 'n' then 'set to null (ON DELETE SET NULL)'
                        else 'set to their default (ON DELETE SET DEFAULT)'
                    end, v_ref.label
                ))::pydb_internal.retention_warning;
            end if;
        elsif v_ref.on_delete = 'c' and v_ref.itself then
            v_all := v_all || row('self_cascade', format(
                '%s references its own table ON DELETE CASCADE: younger rows below an expired one go with it',
                v_ref.label
            ))::pydb_internal.retention_warning;
        end if;
        if v_ref.on_delete in ('n', 'd') and p_rows > 0 and (v_ref.itself or v_count > 0) then
            v_all := v_all || pydb_internal.retention_set_warnings(
                p_relation, v_ref.reference, pydb_internal.retention_expired_condition(p_policy, p_cutoff, 'other')
            );
        end if;
        if not v_ref.indexed then
            v_all := v_all || row('unindexed', format(
                '%s %s of %s has no index, every deleted row costs a scan of it: %s',
                case when v_ref.is_silent then 'reference' else 'foreign key' end, v_ref.label,
                pydb_internal.relation_name(v_ref.child),
                pydb_internal.cascade_index_command(v_ref.child, v_ref.child_columns)
            ))::pydb_internal.retention_warning;
        end if;
        -- asked for the key on a partition alone: the rows of its siblings are kept, or taken along, by nothing
        select string_agg(pydb_internal.relation_name(t.relid), ', ') into v_bare
        from pg_class as k
        cross join lateral pg_partition_tree(pg_partition_root(k.oid::regclass)) as t
        where k.oid = v_ref.child and k.relispartition and not v_ref.is_silent and t.isleaf
            and t.relid <> v_ref.child
            and t.relid not in (select b.relid from pg_partition_tree(v_ref.child) as b)
            and not exists (
                select 1 from pg_constraint as f
                where f.contype = 'f' and f.conrelid = t.relid and f.confrelid in (
                    select p_relation union all select a.relid from pg_partition_ancestors(p_relation) as a
                )
            );
        if v_bare is not null then
            v_all := v_all || row('uncovered', format(
                'the key %s is on %s only, not on %s', v_ref.label, pydb_internal.relation_name(v_ref.child), v_bare
            ))::pydb_internal.retention_warning;
        end if;
    end loop;
    return v_all || coalesce(
        (
            select array_agg(row(
                'trigger', format('trigger %I fires on each delete: what it does is not in this plan', g.tgname)
                || coalesce(
                    '; it looks for names in ' || pydb_internal.application_path_text(p_policy.search_path), ''
                )
            )::pydb_internal.retention_warning order by g.tgname)
            from pg_trigger as g
            where g.tgrelid = p_relation and not g.tgisinternal and g.tgenabled <> 'D' and (g.tgtype & 8) = 8
        ), '{}'
    ) || coalesce(
        (
            select array_agg(row('rule', r.said)::pydb_internal.retention_warning order by r.rule)
            from pydb_internal.relation_rules(array[p_relation], 'delete') as r
            where not r.deletes -- those block the run: retention_hurdles
        ), '{}'
    );
end
$$;

comment on function pydb_internal.retention_effect_warnings(
    pydb.retention_policy, oid, timestamptz, bigint, pydb_internal.retention_said
) is
'Warnings of a plan: children that CASCADE or SET NULL would change, with counts; keys without an index, with the
statement that cures it; triggers and rules that the plan cannot see through.';

revoke all on function pydb_internal.retention_effect_warnings(
    pydb.retention_policy, oid, timestamptz, bigint, pydb_internal.retention_said
)
    from public;
