-- pydb_internal.retention_renamed (condition; by retention_turn): whether a table that the conditions of a run may name
-- has another name by now; where not, nobody changes one from here to the commit.
-- reads the catalog   writes nothing   locks the tables (access share)
-- raises 55P03
create or replace function pydb_internal.retention_renamed(p_work pydb_internal.retention_work)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tables text;
begin
    if cardinality(p_work.named) > 1 then -- the first is the policy's own: whoever deletes from it has locked it
        select string_agg(format('only %I.%I', n.nspname, c.relname), ', ' order by c.oid) into v_tables
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        where c.oid = any(p_work.named) and c.relkind in ('r', 'p') and has_table_privilege(c.oid, 'SELECT');
    end if;
    if v_tables is not null then
        begin
            execute format('lock table %s in access share mode', v_tables);
        exception when undefined_table or wrong_object_type or insufficient_privilege then
            null; -- somebody has changed them while we waited: their names say so
        end;
    end if;
    return pydb_internal.retention_names(p_work.named) is distinct from p_work.names;
end
$$;

comment on function pydb_internal.retention_renamed(pydb_internal.retention_work) is
'Compares retention_names with those of the beginning, after all tables that this role may read are locked by name.';

revoke all on function pydb_internal.retention_renamed(pydb_internal.retention_work) from public;
