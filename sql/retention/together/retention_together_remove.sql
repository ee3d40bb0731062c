-- pydb_internal.retention_together_remove (together; by retention_partition_turn): note some partitions of a table,
-- lock them and take them out, in the caller's transaction.
-- writes the catalog, pydb.retention_partition, pydb.audit_log   locks the table and the partitions (access exclusive)
-- raises 55P03 YD703 YD902, and what the statements raise
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
    v_bytes bigint;
    v_counted jsonb;
    v_count text;
    v_is_other boolean;
    v_statements text[];
    v_start timestamptz;
begin
    for v_try in 1 .. 3 loop
        rows := 0;
        v_bytes := 0;
        v_counted := '{}';
        begin
            -- what takes time comes before the lock
            foreach v_each in array p_partitions loop
                v_rows := pydb_internal.retention_partition_rows(v_each);
                rows := rows + v_rows.rows;
                select v_bytes + coalesce(sum(pg_relation_size(l.relation)), 0)::bigint into v_bytes
                from pydb_internal.retention_leaves(v_each) as l;
                -- 8 MB are counted again in a few milliseconds
                if v_rows.is_exact and v_bytes <= 8388608 and v_try < 3 then
                    v_counted := v_counted || jsonb_build_object(v_each::text, v_rows.rows);
                end if;
                perform pydb_internal.retention_partition_store(pydb_internal.draft_add(
                    'retention_partition', jsonb_build_object(
                        'policy', p_policy.name, 'partition', v_each::bigint, 'run_id', p_run_id, 'state',
                        case p_policy.partition when 'drop' then 'dropped' when 'keep' then 'kept' else 'moved' end,
                        'rows', v_rows.rows, 'is_exact', v_counted ? v_each::text
                    )
                ));
            end loop;
            v_statements := pydb_internal.retention_together_statements(p_policy, p_parent, p_partitions);
            select string_agg(
                format('(select count(*) from %s) <> %s', pydb_internal.relation_name(c.key::oid), c.value), ' or '
            ) into v_count
            from jsonb_each_text(v_counted) as c;
            perform pydb_internal.retention_partition_lock(p_parent, p_partitions);
            v_start := clock_timestamp();
            -- a row that came in between is counted too: the lock is given back, and it begins again
            if v_count is not null then
                execute 'select ' || v_count into v_is_other; -- one statement for all: everybody waits for it
                if v_is_other then
                    perform pydb_internal.retention_undo();
                end if;
            end if;
            exit;
        exception when sqlstate 'YD902' then
            if v_try = 3 then
                raise;
            end if;
        end;
    end loop;
    perform pydb_internal.retention_check_held(p_policy, p_partitions); -- what came before the lock
    perform pydb_internal.retention_partition_remove(v_statements);
    held := clock_timestamp() - v_start;
end
$$;

comment on function pydb_internal.retention_together_remove(pydb.retention_policy, bigint, oid, oid[]) is
'Drops, keeps or moves partitions, as the policy says: their rows, and how long they were locked before the commit. What
is too large to be counted under the lock, or changed at each of two tries, is noted as no exact number.';

revoke all on function pydb_internal.retention_together_remove(pydb.retention_policy, bigint, oid, oid[]) from public;
