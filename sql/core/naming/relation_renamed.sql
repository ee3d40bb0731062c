-- pydb_internal.relation_renamed (naming): whether some tables are no longer what they were when their names were
-- asked; where they are, nobody changes one from here to the commit.
-- reads the catalog   writes nothing   locks the tables (access share)
-- raises 55P03
create or replace function pydb_internal.relation_renamed(p_relations oid[], p_names text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tables text;
    v_named oid[];
    v_calls text[];
begin
    select
        string_agg(format('only %I.%I', n.nspname, c.relname), ', ' order by c.oid)
            filter (where has_table_privilege(c.oid, 'SELECT')),
        array_agg(c.oid order by c.oid), array_agg(format('%I.%I', n.nspname, c.relname) order by c.oid)
    into v_tables, v_named, v_calls
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    -- without a right on its schema no text can name it
    where c.oid = any(p_relations) and c.relkind in ('r', 'p') and has_schema_privilege(n.oid, 'USAGE');
    if v_tables is not null then
        begin
            execute format('lock table %s in access share mode', v_tables);
        exception when undefined_table or wrong_object_type or insufficient_privilege then
            null; -- somebody has changed them while we waited: their names say so
        end;
    end if;
    -- the snapshot may be older than the lock; a name is looked up as the parser does it
    return exists (
        select from unnest(v_named, v_calls) as u (relation, call)
        where to_regclass(u.call) is distinct from u.relation::regclass
    ) or (p_names is not null and pydb_internal.relation_names(p_relations) is distinct from p_names);
end
$$;

comment on function pydb_internal.relation_renamed(oid[], text) is
'Compares relation_names with what it was before (p_names; null = whatever it was), after all tables that this role may
read are locked by name, and looks up whom each name means.';

revoke all on function pydb_internal.relation_renamed(oid[], text) from public;
