-- pydb_internal.retention_names_kept (condition; by retention_turn): the names of some tables, which nobody changes from
-- here to the commit.
-- reads the catalog   writes nothing   locks the tables (access share)
-- raises 55P03
create or replace function pydb_internal.retention_names_kept(p_named oid[])
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tables text;
begin
    if cardinality(p_named) > 1 then -- the first is the policy's own: whoever deletes from it has locked it
        select string_agg(format('only %I.%I', n.nspname, c.relname), ', ' order by c.oid) into v_tables
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        where c.oid = any(p_named) and c.relkind in ('r', 'p') and has_table_privilege(c.oid, 'SELECT');
    end if;
    if v_tables is not null then
        begin
            execute format('lock table %s in access share mode', v_tables);
        exception when undefined_table or wrong_object_type or insufficient_privilege then
            null; -- somebody has changed them while we waited: their names say so
        end;
    end if;
    return pydb_internal.retention_names(p_named);
end
$$;

comment on function pydb_internal.retention_names_kept(oid[]) is
'retention_names, after all of the tables that this role may read are locked by the names that they had.';

revoke all on function pydb_internal.retention_names_kept(oid[]) from public;
