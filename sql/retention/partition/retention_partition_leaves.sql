-- pydb_internal.retention_partition_leaves (partition): for each leaf relation of a policy that drops partitions, what
-- becomes of it, and with which partition it goes.
-- reads the partitions and what references them, the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_partition_leaves(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz
)
returns table (relation oid, unit oid, action text, code text, reason text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_policy.action <> 'drop_partition' then
        return;
    end if;
    return query
    select coalesce(t.relid::oid, u.relation), case when u.is_whole then u.relation end, u.action, u.code, u.reason
    from pydb_internal.retention_partition_units(p_policy, p_cutoff) as u
    left join lateral pydb_internal.relation_tree(u.relation) as t on true
    where t.isleaf is not false -- a chunk is in no tree
    union all
    -- a table that is in no tree is none to relation_tree
    select
        coalesce(t.relid::oid, l.partition), l.partition,
        case
            when not l.is_own then 'detach' else pydb_internal.retention_save_whole_action(p_policy)
        end,
        case when l.is_own then 'partition_detached' else 'partition_pending' end,
        case
            when l.is_own then 'an earlier run took it out of its table'
            else 'somebody began to detach it: that is brought to its end, and it stays'
        end
    from pydb_internal.retention_partition_leftovers(p_policy.name) as l
    left join lateral pydb_internal.relation_tree(l.partition) as t on t.isleaf;
end
$$;

comment on function pydb_internal.retention_partition_leaves(pydb.retention_policy, timestamptz) is
'relation: leaf; unit: the partition that goes as a whole and takes it along, null where none does; with its action,
code and reason. None for policies of another action.';

revoke all on function pydb_internal.retention_partition_leaves(pydb.retention_policy, timestamptz) from public;
