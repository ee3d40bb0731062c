-- pydb_internal.retention_policy_warnings (plan; by retention_plan): what a plan must say of the policy as a whole, one
-- sentence each.
-- reads the catalog and settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_policy_warnings(
    p_policy pydb.retention_policy,
    p_due bigint,
    p_total bigint,
    p_blocked bigint,
    p_all bigint
)
returns pydb_internal.retention_warning[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_all pydb_internal.retention_warning[] := '{}'::pydb_internal.retention_warning[];
    v_fuse constant text := pydb_internal.retention_fuse_problem(p_policy, p_due, p_total, p_all);
    v_count bigint;
    v_waiting constant text := pydb_internal.guard_waiting_problem(
        p_policy.name, pydb_internal.retention_version(p_policy)
    );
    v_restored constant text := pydb_internal.guard_problem();
    v_superuser constant text := pydb_internal.superuser_text(
        array[p_policy.target::oid], p_policy.on_referenced = 'cascade'
    );
begin
    if v_fuse is not null then
        v_all := v_all || row('fuse', 'the fuse would block the run: ' || v_fuse)::pydb_internal.retention_warning;
    end if;
    if p_policy.on_referenced = 'error' and p_blocked > 0 then
        v_all := v_all
            || row('referenced_block',
                format('on_referenced = error: %s referenced rows would block the whole run',
                    p_blocked))::pydb_internal.retention_warning;
    end if;
    if not p_policy.enabled then
        v_all := v_all
            || row('disabled', 'the policy is disabled: a run would be skipped')::pydb_internal.retention_warning;
    end if;
    if p_policy.paused_at is not null then
        v_all := v_all
            || row('paused',
                format('the policy is paused by %s: a run would be skipped',
                    p_policy.paused_by))::pydb_internal.retention_warning;
    end if;
    if pydb_internal.setting_get(p_name => 'kill_switch')::boolean then
        v_all := v_all
            || row('kill_switch', 'the kill switch is on: a run would be skipped')::pydb_internal.retention_warning;
    end if;
    if v_restored is not null then
        v_all := v_all || row(
            'restored', format('%s: a run would be blocked until pydb.guard_allow', v_restored)
        )::pydb_internal.retention_warning;
    end if;
    if v_waiting is not null then
        v_all := v_all || row(
            'waiting', format('%s: a run would be blocked until pydb.retention_policy_approve', v_waiting)
        )::pydb_internal.retention_warning;
    end if;
    if pydb_internal.relation_name(p_policy.target) <> p_policy.target_name then
        v_all := v_all
            || row('renamed',
                format('the table was called %s when the policy was set',
                    p_policy.target_name))::pydb_internal.retention_warning;
    end if;
    select count(*) into v_count
    from pg_inherits as i
    inner join pg_class as c on c.oid = i.inhparent and c.relkind = 'r'
    where i.inhparent = p_policy.target;
    if v_count > 0 then
        v_all := v_all
            || row('inherited',
                format('%s tables inherit from it: their rows are its rows and go as well',
                    v_count))::pydb_internal.retention_warning;
    end if;
    v_all := v_all || pydb_internal.retention_hurdle_warnings(p_policy);
    if 'archive' in (p_policy.action, p_policy.partition_first) and exists (
        select from pydb_internal.reference_edges_among((pydb_internal.retention_reach(p_policy)).tables) as e
        where e.on_delete in ('n', 'd')
    ) then
        v_all := v_all || row(
            'unlinked', 'rows that stay are set to null or default where they referenced what goes: a restore does not '
            'set them back'
        )::pydb_internal.retention_warning;
    end if;
    if not exists (select 1 from pg_index as i where i.indrelid = p_policy.target and i.indisunique) then
        v_all := v_all || row(
            'no_key', 'the table has no primary or unique key: rows are found by their place (ctid)'
        )::pydb_internal.retention_warning;
    end if;
    if v_superuser is not null then
        v_all := v_all || row('superuser', v_superuser)::pydb_internal.retention_warning;
    end if;
    return v_all || pydb_internal.retention_rule_warnings(p_policy);
end
$$;

comment on function pydb_internal.retention_policy_warnings(pydb.retention_policy, bigint, bigint, bigint, bigint) is
'Warnings of a plan about the policy as a whole: fuse, pause, kill switch, guard, inheritance, missing key, superuser,
rules.';

revoke all on function pydb_internal.retention_policy_warnings(pydb.retention_policy, bigint, bigint, bigint, bigint)
    from public;
