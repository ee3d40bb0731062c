-- pydb_internal.retention_chunk_place (chunk; by retention_chunk_turn): the arguments of show_chunks and drop_chunks
-- that mean one chunk, and those of the same stretch of time.
-- reads the catalog, and that of TimescaleDB   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_chunk_place(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_chunk oid
)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- in the type of the column: what is of another TimescaleDB reads in the zone of the session
    select format('%L::pg_catalog.regclass, older_than => %L::%s, newer_than => %L::%s',
        pydb_internal.relation_name(p_policy.target), b.upper_bound, y.name, b.lower_bound, y.name)
    from pydb_internal.retention_chunk_bounds(p_policy, p_cutoff, p_policy.target, p_chunk) as b
    cross join lateral format_type(
        pydb_internal.retention_time_type(p_policy.target, p_policy.time_column), null
    ) as y (name);
$$;

comment on function pydb_internal.retention_chunk_place(pydb.retention_policy, timestamptz, oid) is
'relation, older_than and newer_than, as text of a call.';

revoke all on function pydb_internal.retention_chunk_place(pydb.retention_policy, timestamptz, oid) from public;
