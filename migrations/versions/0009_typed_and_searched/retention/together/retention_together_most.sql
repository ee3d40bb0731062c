-- pydb_internal.retention_together_most (together; by retention_partition_turn): how many partitions the next lock
-- takes, by how long the last one was held.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_together_most(p_most bigint, p_parts bigint, p_held interval)
returns bigint
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- who waits for it waits for the commit as well, and for the others, who all plan anew: a few times as long
    v_target constant interval := interval '8 ms';
begin
    return case
        when p_held > v_target
            then greatest(6, floor(p_parts * extract(epoch from v_target) / extract(epoch from p_held))::bigint)
        when p_parts >= coalesce(p_most, 12)
            then least(24, coalesce(p_most, 12) + 2) -- every session reads the catalog anew after it
        else coalesce(p_most, 12) -- of fewer it tells nothing
    end;
end
$$;

comment on function pydb_internal.retention_together_most(bigint, bigint, interval) is
'After p_parts were locked for p_held, of p_most that were allowed (null = 12): two more, up to 24, if all of those
were; where that was more than 8 ms, as many as take so long, but six.';

revoke all on function pydb_internal.retention_together_most(bigint, bigint, interval) from public;
