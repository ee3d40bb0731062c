-- pydb_internal.cascade_job_take (job): the rows of the next batch of a part.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_job_take(
    p_chunks pydb_internal.run_chunk[],
    p_size bigint,
    p_width integer,
    out chunks pydb_internal.run_chunk[],
    out rest pydb_internal.run_chunk[],
    out rows bigint
)
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_chunk pydb_internal.run_chunk;
    v_count integer := 0;
    v_fits bigint;
begin
    rows := 0;
    chunks := '{}';
    foreach v_chunk in array coalesce(p_chunks, '{}') loop
        exit when rows >= p_size or v_count >= p_width;
        v_count := v_count + 1;
        rows := rows + cardinality(v_chunk.tids);
        chunks := chunks || v_chunk;
    end loop;
    rest := p_chunks[v_count + 1:];
    if rows > p_size then
        -- the last one does not fit: what is over stays
        v_chunk := chunks[v_count];
        v_fits := cardinality(v_chunk.tids) - (rows - p_size);
        chunks[v_count].tids := v_chunk.tids[:v_fits];
        chunks[v_count].versions := v_chunk.versions[:v_fits];
        v_chunk.tids := v_chunk.tids[v_fits + 1:];
        v_chunk.versions := v_chunk.versions[v_fits + 1:];
        rest := v_chunk || rest;
        rows := p_size;
    end if;
end
$$;

comment on function pydb_internal.cascade_job_take(pydb_internal.run_chunk[], bigint, integer) is
'The first rows of some chunks, at most p_size of p_width relations; their number, and the chunks without them.';

revoke all on function pydb_internal.cascade_job_take(pydb_internal.run_chunk[], bigint, integer) from public;
