-- pydb_internal.retention_save_empty (save; by export_open): when an export is through, the partitions that it was for
-- are looked at once more, and go where they are empty.
-- reads pydb.retention_partition, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_save_empty(
    p_policy pydb.retention_policy,
    p_turn pydb_internal.run_turn,
    p_parts pydb_internal.run_part[]
)
returns pydb_internal.run_turn
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turn pydb_internal.run_turn := p_turn;
    v_units oid[];
begin
    if p_policy.partition_first = 'export' and (p_turn.run).state in ('completed', 'partial')
        and not exists (select from unnest(p_parts) as u where u.strategy = 'partition')
    then
        v_units := array(
            select l.partition from pydb_internal.retention_partition_leftovers(p_policy.name) as l
            where l.is_own and l.parent is null
        );
        v_turn.parts := pydb_internal.retention_partition_parts(
            v_units, array_fill(0::bigint, array[cardinality(v_units)])
        );
        if cardinality(v_turn.parts) > 0 then
            v_turn.run.state := null;
            v_turn.run.reason := null;
        end if;
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.retention_save_empty(
    pydb.retention_policy, pydb_internal.run_turn, pydb_internal.run_part[]
) is
'The turn as it is, or, once, with a part for each detached partition instead of the end of the run.';

revoke all on function pydb_internal.retention_save_empty(
    pydb.retention_policy, pydb_internal.run_turn, pydb_internal.run_part[]
) from public;
