-- pydb_internal.retention_chunk_stretch (chunk; by retention_chunk_turn): the chunks that TimescaleDB would drop for a
-- stretch of time, their rows, and whether each of them may go.
-- reads the chunks and what references them, the catalog   writes nothing   locks nothing above a select
-- raises what show_chunks raises
create or replace function pydb_internal.retention_chunk_stretch(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_place text,
    out chunks oid[],
    out rows bigint[],
    out all_rows bigint,
    out may_go boolean
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'select array_agg(d.chunk::pg_catalog.oid order by d.chunk::pg_catalog.oid) from %s(%s) as d (chunk)
        where (select pydb_internal.retention_chunk_routine(''show_chunks'') = %1$L)',
        pydb_internal.retention_chunk_routine('show_chunks'), p_place
    ) into chunks;
    chunks := coalesce(chunks, '{}');
    select
        array_agg(r.rows order by u.place), coalesce(sum(r.rows), 0)::bigint,
        coalesce(bool_and(v.code is not distinct from 'partition_old'), false)
    into rows, all_rows, may_go
    from unnest(chunks) with ordinality as u (chunk, place)
    left join lateral pydb_internal.retention_chunk_bounds(p_policy, p_cutoff, p_policy.target, u.chunk) as b on true
    left join lateral pydb_internal.retention_partition_verdict(p_policy, p_cutoff, b) as v on b.partition is not null
    cross join lateral pydb_internal.retention_partition_rows(u.chunk) as r;
end
$$;

comment on function pydb_internal.retention_chunk_stretch(pydb.retention_policy, timestamptz, text) is
'What show_chunks shows, with the rows of each; may_go: the policy says so of every one.';

revoke all on function pydb_internal.retention_chunk_stretch(pydb.retention_policy, timestamptz, text) from public;
