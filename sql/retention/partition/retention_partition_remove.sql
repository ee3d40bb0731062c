-- pydb_internal.retention_partition_remove (partition; by retention_partition_turn): take a partition out of its table,
-- and do with it what its policy says.
-- writes the catalog   locks the table and the partition (access exclusive)
-- raises what the statements raise
create or replace function pydb_internal.retention_partition_remove(
    p_policy pydb.retention_policy,
    p_parent oid,
    p_partition oid
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_partition);
    v_ours text[];
    v_statements text[] := '{}'::text[];
    v_statement text;
begin
    -- a DROP takes it out of its table as well, and leaves alone what the partition references: a DETACH would give it
    -- a foreign key of its own first. Where it is referenced, the server wants the DETACH, and asks for rows
    if p_parent is not null and (p_policy.partition <> 'drop' or exists (
        select 1
        from pydb_internal.relation_tree(p_partition) as t
        inner join pg_constraint as k on k.confrelid = t.relid and k.contype = 'f'
    )) then
        v_statements := array[
            format('alter table %s detach partition %s', pydb_internal.relation_name(p_parent), v_name)
        ];
    end if;
    case p_policy.partition
        when 'drop' then v_statements := v_statements || format('drop table %s restrict', v_name);
        when 'move' then v_statements := v_statements
            || format('alter table %s set schema %I', v_name, p_policy.partition_schema);
        else null;
    end case;
    foreach v_statement in array v_statements loop
        v_ours := pydb_internal.application_enter(); -- event triggers are the application's
        execute v_statement;
        perform pydb_internal.application_leave(v_ours);
    end loop;
end
$$;

comment on function pydb_internal.retention_partition_remove(pydb.retention_policy, oid, oid) is
'Detaches a partition from its table (p_parent null: it is detached) and drops, keeps or moves it, as the policy says.';

revoke all on function pydb_internal.retention_partition_remove(pydb.retention_policy, oid, oid) from public;
