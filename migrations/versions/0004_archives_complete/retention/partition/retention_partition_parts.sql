-- pydb_internal.retention_partition_parts (partition): the work on partitions that go as a whole, a
-- part each.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_partition_parts(p_units oid[], p_rows bigint[])
returns pydb_internal.run_part[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_unit record;
    v_part pydb_internal.run_part;
    v_all pydb_internal.run_part[] := '{}'::pydb_internal.run_part[];
begin
    for v_unit in
        select
            u.unit, sum(u.rows)::bigint as rows, exists (
                select 1 from pg_inherits as i where i.inhrelid = u.unit and not i.inhdetachpending
            ) as is_attached, min(u.ord) as ord
        from unnest(p_units, p_rows) with ordinality as u (unit, rows, ord)
        where u.unit is not null
        group by u.unit
        -- what is left over first: a pending detach stops all others
        order by is_attached, ord
    loop
        v_part := null;
        v_part.relation := v_unit.unit;
        v_part.strategy := 'partition';
        v_part.due := v_unit.rows;
        v_part.is_ended := not v_unit.is_attached;
        v_part.is_late := false;
        v_part.is_again := false;
        v_all := v_all || v_part;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.retention_partition_parts(oid[], bigint[]) is
'Parts of strategy partition for the units of leaves (null: none) and the rows of each leaf; is_ended: it is out of its
table already, or the detach is pending.';

revoke all on function pydb_internal.retention_partition_parts(oid[], bigint[]) from public;
