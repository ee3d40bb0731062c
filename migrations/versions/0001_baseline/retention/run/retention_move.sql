-- pydb_internal.retention_move (run; by retention_step): move a walk behind the range that was just done.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_move(
    p_walk jsonb,
    p_is_last boolean,
    p_next_at bigint,
    p_next_from text
)
returns jsonb
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when p_is_last then p_walk #- '{segments,0}'
        when p_next_at is not null then jsonb_set(p_walk, '{segments,0,at}', to_jsonb(p_next_at))
        else jsonb_set(p_walk, '{segments,0,from}', to_jsonb(p_next_from))
    end;
end
$$;

comment on function pydb_internal.retention_move(jsonb, boolean, bigint, text) is
'The walk with its first segment moved to the next block or time, or dropped if that was its last range.';

revoke all on function pydb_internal.retention_move(jsonb, boolean, bigint, text) from public;
