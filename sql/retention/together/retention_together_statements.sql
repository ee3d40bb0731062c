-- pydb_internal.retention_together_statements (together): the statements that take partitions out of their table and do
-- with them what their policy says.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_together_statements(
    p_policy pydb.retention_policy,
    p_parent oid,
    p_partitions oid[]
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_partition oid;
    v_name text;
    v_gone text[] := '{}'::text[];
    v_all text[] := '{}'::text[];
begin
    foreach v_partition in array p_partitions loop
        v_name := pydb_internal.relation_name(v_partition);
        -- a DROP takes it out of its table as well, and leaves alone what the partition references: a DETACH would give
        -- it a foreign key of its own first. Where it is referenced, the server wants the DETACH, and asks for rows
        if p_parent is not null and (p_policy.partition <> 'drop' or exists (
            select 1
            from pydb_internal.relation_tree(v_partition) as t
            inner join pg_constraint as k on k.confrelid = t.relid and k.contype = 'f'
        )) then
            v_all := v_all
                || format('alter table %s detach partition %s', pydb_internal.relation_name(p_parent), v_name);
        end if;
        case p_policy.partition
            when 'drop' then v_gone := v_gone || v_name;
            when 'move' then v_all := v_all
                || format('alter table %s set schema %I', v_name, p_policy.partition_schema);
            else null;
        end case;
    end loop;
    if v_gone <> '{}' then -- one statement for all: each of its own would look at the catalog anew
        v_all := v_all || format('drop table %s restrict', array_to_string(v_gone, ', '));
    end if;
    return v_all;
end
$$;

comment on function pydb_internal.retention_together_statements(pydb.retention_policy, oid, oid[]) is
'DETACH (p_parent null: they are detached) and SET SCHEMA, in the order of the partitions, then one DROP for all.';

revoke all on function pydb_internal.retention_together_statements(pydb.retention_policy, oid, oid[]) from public;
