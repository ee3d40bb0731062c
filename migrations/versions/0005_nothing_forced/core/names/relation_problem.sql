-- pydb_internal.relation_problem (names): why the rows of a relation are not for pydb to delete: it is no ordinary or
-- partitioned table.
-- reads the catalog, and that of Citus and TimescaleDB where they are   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_problem(p_relation oid, p_own boolean default false)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_class pg_class;
    v_what text;
begin
    select c.* into v_class from pg_class as c where c.oid = p_relation;
    v_what := case
        when v_class.relkind = 'v' then 'a view'
        when v_class.relkind = 'm' then 'a materialized view'
        when v_class.relkind = 'f' then 'a foreign table: deletes belong where its rows live'
        when v_class.relkind = 'S' then 'a sequence'
        when v_class.relkind = 't' then 'a toast table'
        when v_class.relkind in ('i', 'I') then 'an index'
        when v_class.relkind not in ('r', 'p') then 'not a table'
        when v_class.relpersistence = 't' then 'a temporary table'
        when v_class.relnamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
            then 'a system table'
        when v_class.relnamespace in (
            'pydb'::regnamespace, 'pydb_internal'::regnamespace, to_regnamespace('pydb_archive')
        )
            and not p_own then 'one of pydb''s own tables'
    end;
    if v_what is not null or not exists (select from pg_extension as e where e.extname in ('citus', 'timescaledb')) then
        return v_what;
    end if;
    if pydb_internal.extension_relation('citus', 'pg_catalog', 'pg_dist_partition') is not null then
        execute 'select ''distributed by Citus: its rows are on the shards'''
            ' from pg_catalog.pg_dist_partition where logicalrelid = $1' into v_what using p_relation::regclass;
    end if;
    if v_what is null and pydb_internal.relation_is_hypertable(p_relation) then
        v_what := 'a hypertable: its rows are in chunks, which drop_chunks drops';
    end if;
    return v_what;
end
$$;

comment on function pydb_internal.relation_problem(oid, boolean) is
'What a relation is instead of an ordinary or partitioned table with rows of its own, to be read after "it is"; null for
such a table, and for none. p_own: pydb''s own tables are fit.';

revoke all on function pydb_internal.relation_problem(oid, boolean) from public;
