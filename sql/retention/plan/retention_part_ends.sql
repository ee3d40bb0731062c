-- pydb_internal.retention_part_ends (plan; by retention_open): part the walks through relations where it is known in
-- which block the rows end: up to there first, the rest last, if anything is left then.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_part_ends(p_parts pydb_internal.run_part[], p_last bigint[])
returns pydb_internal.run_part[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part pydb_internal.run_part;
    v_all pydb_internal.run_part[] := '{}'::pydb_internal.run_part[];
    v_rest pydb_internal.run_part[] := '{}'::pydb_internal.run_part[];
    v_block bigint;
begin
    for v_place in 1 .. cardinality(p_parts) loop
        v_part := p_parts[v_place];
        if v_part.strategy = 'heap' and p_last[v_place] + 1 < v_part.until_block then
            v_block := v_part.until_block;
            v_part.until_block := p_last[v_place] + 1;
            v_all := v_all || v_part;
            -- rows that somebody changes on the way move there
            v_part.due := 0;
            v_part.from_block := v_part.until_block;
            v_part.at_block := v_part.until_block;
            v_part.until_block := v_block;
            v_rest := v_rest || v_part;
        else
            v_all := v_all || v_part;
        end if;
    end loop;
    return v_all || v_rest;
end
$$;

comment on function pydb_internal.retention_part_ends(pydb_internal.run_part[], bigint[]) is
'The parts, each that is walked by blocks beyond its p_last (by place; null = not known) in two: the second has 0 rows
due, and is passed over where all that were due are gone when its turn comes.';

revoke all on function pydb_internal.retention_part_ends(pydb_internal.run_part[], bigint[]) from public;
