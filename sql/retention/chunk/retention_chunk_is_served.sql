-- pydb_internal.retention_chunk_is_served (chunk; by retention_chunk_problem): is all of TimescaleDB here that dropping
-- chunks takes: each by its entry in the catalog, none by its name.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_chunk_is_served()
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.retention_chunk_routine('drop_chunks') is not null
        and pydb_internal.retention_chunk_routine('show_chunks') is not null
        and pydb_internal.extension_relation('timescaledb', 'timescaledb_information', 'chunks') is not null
        and pydb_internal.extension_relation('timescaledb', 'timescaledb_information', 'dimensions') is not null;
$$;

comment on function pydb_internal.retention_chunk_is_served() is
'Whether drop_chunks, show_chunks and the views of chunks and dimensions are there and belong to TimescaleDB.';

revoke all on function pydb_internal.retention_chunk_is_served() from public;
