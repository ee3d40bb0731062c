-- pydb_internal.cascade_job_take (job): the rows of the next batch of a part.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_job_take(
    p_part pydb_internal.run_part,
    p_size bigint,
    p_width integer,
    out chunks pydb_internal.run_chunk[],
    out rows bigint,
    out part pydb_internal.run_part
)
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_chunk pydb_internal.run_chunk;
    v_count integer := 0;
    v_over bigint;
begin
    rows := 0;
    chunks := '{}';
    foreach v_chunk in array coalesce(p_part.chunks, '{}') loop
        exit when rows >= p_size or v_count >= p_width;
        v_count := v_count + 1;
        rows := rows + cardinality(v_chunk.tids);
        chunks := chunks || v_chunk;
    end loop;
    part := p_part;
    part.chunks := p_part.chunks[v_count + 1:];
    v_over := rows - p_size;
    if v_over > 0 then
        -- the last one does not fit: what is over stays
        v_chunk := chunks[v_count];
        v_over := cardinality(v_chunk.tids) - v_over;
        chunks[v_count].tids := v_chunk.tids[:v_over];
        chunks[v_count].versions := v_chunk.versions[:v_over];
        v_chunk.tids := v_chunk.tids[v_over + 1:];
        v_chunk.versions := v_chunk.versions[v_over + 1:];
        part.chunks := v_chunk || part.chunks;
        rows := p_size;
    end if;
    if cardinality(part.chunks) = 0 then
        part := null;
    end if;
end
$$;

comment on function pydb_internal.cascade_job_take(pydb_internal.run_part, bigint, integer) is
'The first rows of a part, at most p_size of p_width relations, and the part without them; null if that was all.';

revoke all on function pydb_internal.cascade_job_take(pydb_internal.run_part, bigint, integer) from public;
