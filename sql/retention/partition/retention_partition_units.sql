-- pydb_internal.retention_partition_units (partition; by retention_partition_leaves): what becomes of each partition of
-- a policy's table: those that go as a whole, and the leaves of those that do not.
-- reads the partitions and what references them, the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_partition_units(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz
)
returns table (relation oid, is_whole boolean, action text, code text, reason text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parents oid[] := array[p_policy.target::oid];
    v_parent oid;
    v_rule pydb_internal.hold_rule;
    v_said constant pydb_internal.retention_said := pydb_internal.retention_said_of(p_policy, p_cutoff);
    v_bounds pydb_internal.retention_bounds;
begin
    if pydb_internal.relation_is_hypertable(p_policy.target) then
        return query select u.* from pydb_internal.retention_chunk_units(p_policy, p_cutoff) as u;
        return;
    end if;
    v_rule := pydb_internal.hold_rule_of(p_policy.target); -- once for all partitions
    while cardinality(v_parents) > 0 loop
        v_parent := v_parents[1];
        v_parents := v_parents[2:];
        if not pydb_internal.retention_partition_is_timed(v_parent, p_policy.time_column) then
            return query
            select
                c.oid, false, pydb_internal.retention_save_action(p_policy),
                'partition_untimed', format('%s is not partitioned by time', pydb_internal.relation_name(v_parent))
            from pg_inherits as i
            inner join pg_class as c on c.oid = i.inhrelid and c.relkind <> 'p'
            where i.inhparent = v_parent and not i.inhdetachpending;
            v_parents := v_parents || array(
                select c.oid from pg_inherits as i
                inner join pg_class as c on c.oid = i.inhrelid and c.relkind = 'p'
                where i.inhparent = v_parent and not i.inhdetachpending order by c.oid
            );
            continue;
        end if;
        for v_bounds in select b.* from pydb_internal.retention_partition_bounds(p_policy, p_cutoff, v_parent) as b loop
            begin
                select v.action, v.code, v.reason into action, code, reason
                from pydb_internal.retention_partition_verdict(p_policy, p_cutoff, v_bounds, v_rule, v_said) as v;
                perform pydb_internal.retention_undo();
            exception when sqlstate 'YD902' then
                null; -- as in retention_measure
            end;
            is_whole := code = 'partition_old';
            relation := v_bounds.partition;
            if is_whole or not exists (
                select 1 from pg_class as c where c.oid = v_bounds.partition and c.relkind = 'p'
            ) then
                return next;
            elsif code in ('partition_newer', 'foreign_table') then
                return query
                select t.relid::oid, false, action, code, reason
                from pydb_internal.relation_tree(v_bounds.partition) as t where t.isleaf;
            else
                v_parents := v_parents || v_bounds.partition;
            end if;
        end loop;
    end loop;
end
$$;

comment on function pydb_internal.retention_partition_units(pydb.retention_policy, timestamptz) is
'One row a partition that goes as a whole (is_whole: a leaf, or a table with partitions of its own), and one a leaf of
what does not; with action, code and reason of pydb_internal.retention_partition_verdict.';

revoke all on function pydb_internal.retention_partition_units(pydb.retention_policy, timestamptz) from public;
