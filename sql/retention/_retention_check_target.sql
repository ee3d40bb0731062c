-- pydb._retention_check_target: refuse what is not an ordinary or partitioned table with rows of its own.
-- reads the catalog   writes nothing   locks nothing
-- raises YD003 YD106
create or replace function pydb._retention_check_target(p_relation regclass, p_builtin boolean default false)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_class pg_class;
    v_name text := pydb._relation_name(p_relation);
    v_problem text;
    v_heirs bigint;
begin
    select c.* into v_class from pg_class as c where c.oid = p_relation;
    if not found then
        raise exception using errcode = 'YD106', message = format('relation %s does not exist', p_relation::oid),
            detail = 'It was dropped; a new table of the same name is another table.',
            hint = 'Set the policy again with the table that it should act on.';
    end if;
    v_problem := case
        when v_class.relkind = 'v' then 'it is a view'
        when v_class.relkind = 'm' then 'it is a materialized view'
        when v_class.relkind = 'f' then 'it is a foreign table: prune it where its rows live'
        when v_class.relkind = 'S' then 'it is a sequence'
        when v_class.relkind = 't' then 'it is a toast table'
        when v_class.relkind in ('i', 'I') then 'it is an index'
        when v_class.relkind not in ('r', 'p') then 'it is not a table'
        when v_class.relpersistence = 't' then 'it is a temporary table'
        when v_class.relnamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
            then 'it is a system table'
        when v_class.relnamespace = 'pydb'::regnamespace and not p_builtin then 'it is one of pydb''s own tables'
    end;
    if v_problem is null and to_regclass('pg_catalog.pg_dist_partition') is not null then
        execute 'select ''it is distributed by Citus: its rows are on the shards'''
            ' from pg_catalog.pg_dist_partition where logicalrelid = $1' into v_problem using p_relation;
    end if;
    if v_problem is null and to_regclass('_timescaledb_catalog.hypertable') is not null then
        execute 'select ''it is a hypertable: use drop_chunks'' from _timescaledb_catalog.hypertable'
            ' where schema_name = $1 and table_name = $2'
            into v_problem using v_class.relnamespace::regnamespace::name, v_class.relname;
    end if;
    if v_problem is null and v_class.relkind = 'r' and pg_relation_size(p_relation) = 0 then
        select count(*) into v_heirs from pg_inherits as i where i.inhparent = p_relation;
        if v_heirs > 0 then
            v_problem := format('it is empty, its rows are in the %s tables that inherit from it', v_heirs);
        end if;
    end if;
    if v_problem is not null then
        raise exception using errcode = 'YD003', message = format('no retention policy for %s', v_name),
            detail = format('%s cannot be pruned: %s.', v_name, v_problem),
            hint = 'A policy acts on an ordinary or a partitioned table.';
    end if;
end
$$;

comment on function pydb._retention_check_target(regclass, boolean) is
'Raises YD003 unless the relation is an ordinary or partitioned table that holds its own rows.';

revoke all on function pydb._retention_check_target(regclass, boolean) from public;
