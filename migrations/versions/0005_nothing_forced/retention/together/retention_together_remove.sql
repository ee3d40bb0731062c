-- pydb_internal.retention_together_remove (together; by retention_partition_turn): note some partitions of a table,
-- lock them and take them out, in the caller's transaction.
-- writes the catalog, pydb.retention_partition, pydb.audit_log   locks the table and the partitions (access exclusive)
-- raises 55P03, and what the statements raise
create or replace function pydb_internal.retention_together_remove(
    p_policy pydb.retention_policy,
    p_run_id bigint,
    p_parent oid,
    p_partitions oid[],
    out rows bigint,
    out held interval
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_each oid;
    v_rows record;
    v_statements text[];
    v_start timestamptz;
begin
    rows := 0;
    -- what takes time comes before the lock
    foreach v_each in array p_partitions loop
        v_rows := pydb_internal.retention_partition_rows(v_each);
        rows := rows + v_rows.rows;
        perform pydb_internal.retention_partition_store(pydb_internal.draft_add(
            'retention_partition', jsonb_build_object(
                'policy', p_policy.name, 'partition', v_each::bigint, 'run_id', p_run_id,
                'state', case p_policy.partition when 'drop' then 'dropped' when 'keep' then 'kept' else 'moved' end,
                'rows', v_rows.rows, 'is_exact', v_rows.is_exact
            )
        ));
    end loop;
    v_statements := pydb_internal.retention_together_statements(p_policy, p_parent, p_partitions);
    perform pydb_internal.retention_partition_lock(p_parent, p_partitions);
    perform pydb_internal.retention_check_held(p_policy, p_partitions); -- what came before the lock
    v_start := clock_timestamp();
    perform pydb_internal.retention_partition_remove(v_statements);
    held := clock_timestamp() - v_start;
end
$$;

comment on function pydb_internal.retention_together_remove(pydb.retention_policy, bigint, oid, oid[]) is
'Drops, keeps or moves partitions, as the policy says: their rows, and how long they were locked before the commit.';

revoke all on function pydb_internal.retention_together_remove(pydb.retention_policy, bigint, oid, oid[]) from public;
