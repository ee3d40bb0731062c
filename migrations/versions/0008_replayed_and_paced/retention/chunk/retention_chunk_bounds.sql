-- pydb_internal.retention_chunk_bounds (chunk): what TimescaleDB says of the ranges of
-- the chunks of a hypertable, compared with the cutoff in the type of the column.
-- reads the catalog of TimescaleDB   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_chunk_bounds(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_parent oid,
    p_partition oid default null
)
returns setof pydb_internal.retention_bounds
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC' -- TimescaleDB says where a chunk of timestamps or dates begins as if they were of UTC
set datestyle = 'ISO, YMD'
as $$
declare
    v_type constant text := format_type(
        pydb_internal.retention_time_type(p_policy.target, p_policy.time_column), null
    );
    -- a chunk that has no beginning or no end goes on beyond the numbers of the column
    v_edge constant text := case v_type
        when 'smallint' then 'least(greatest(k.%s_integer, -32768), 32767)::smallint'
        when 'integer' then 'least(greatest(k.%s_integer, -2147483648), 2147483647)::integer'
        when 'bigint' then 'k.%s_integer'
        else 'k.%s::' || v_type
    end;
begin
    return query execute format(
        'with edge as (
            select c.oid, %1$s as lo, %2$s as up
            from timescaledb_information.chunks as k
            inner join pg_catalog.pg_namespace as n on n.nspname = k.chunk_schema
            inner join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = k.chunk_name
            inner join pg_catalog.pg_inherits as i on i.inhrelid = c.oid and i.inhparent = $1
            where k.primary_dimension = $2 and ($3 is null or c.oid = $3)
        )
        select
            $1, e.oid, e.lo::text, e.up::text, false, coalesce(e.up <= %3$s, false), coalesce(e.lo >= %3$s, false),
            coalesce(%4$s, false), false
        from edge as e
        order by e.lo nulls first, e.oid',
        format(v_edge, 'range_start'), format(v_edge, 'range_end'), pydb_internal.retention_bound(p_policy, p_cutoff),
        pydb_internal.retention_sure_condition(p_policy)
    ) using p_parent, p_policy.time_column, p_partition;
end
$$;

comment on function pydb_internal.retention_chunk_bounds(pydb.retention_policy, timestamptz, oid, oid) is
'One row a chunk of a hypertable whose first dimension is the policy''s time column, oldest first; none is the last, for
TimescaleDB makes chunks as rows come.';

revoke all on function pydb_internal.retention_chunk_bounds(pydb.retention_policy, timestamptz, oid, oid) from public;
