-- pydb_internal.retention_partition_bounds (partition): what the bounds of the partitions of a table say, compared with
-- the cutoff in the type of the column.
-- reads the catalog, settings, the catalog of TimescaleDB   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_partition_bounds(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_parent oid,
    p_partition oid default null
)
returns setof pydb_internal.retention_bounds
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC' -- bounds of timestamptz are written in the zone of the session, and read back in it
set datestyle = 'ISO, YMD'
as $$
declare
    v_type constant text := format_type(
        pydb_internal.retention_time_type(p_policy.target, p_policy.time_column), null
    );
    v_value constant text := '(''(?:[^'']|'''')*''|[^,()]+)';
begin
    if pydb_internal.relation_is_hypertable(p_parent) then
        return query
        select b.* from pydb_internal.retention_chunk_bounds(p_policy, p_cutoff, p_parent, p_partition) as b;
        return;
    end if;
    return query execute format(
        'with bound as (
            select
                c.oid, m.words is null as is_default, nullif(m.words[1], ''MINVALUE'') as lo,
                nullif(m.words[3], ''MAXVALUE'') as up,
                -- of a key of several columns: rows at the very end lie within, up to a value of the next one
                coalesce(m.words[4] not like '', MINVALUE%%'', false) as is_shared
            from pg_catalog.pg_inherits as i
            inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
            left join lateral pg_catalog.regexp_match(
                pg_catalog.pg_get_expr(c.relpartbound, c.oid), $2
            ) as m (words) on true
            where i.inhparent = $1 and not i.inhdetachpending and ($3 is null or c.oid = $3)
        ),
        edge as (
            select
                b.oid, b.is_default, b.is_shared,
                pg_catalog.replace(pg_catalog.btrim(b.lo, ''''''''), '''''''''''', '''''''')::%1$s as lo,
                pg_catalog.replace(pg_catalog.btrim(b.up, ''''''''), '''''''''''', '''''''')::%1$s as up
            from bound as b
        )
        select
            $1, e.oid, e.lo::text, e.up::text, e.is_default,
            coalesce(e.up < %2$s or (e.up = %2$s and not e.is_shared), false),
            coalesce(e.lo >= %2$s, false), coalesce(%3$s, false),
            case when $3 is null then
                not e.is_default and e.up is not null
                and not bool_or(e.is_default or e.up is null or e.up > %4$s) over ()
                and pg_catalog.row_number() over (order by e.up desc nulls last) = 1
            end
        from edge as e
        order by e.is_default, e.lo nulls first, e.oid',
        v_type, pydb_internal.retention_bound(p_policy, p_cutoff),
        pydb_internal.retention_sure_condition(p_policy),
        pydb_internal.retention_bound(p_policy, greatest(clock_timestamp(), p_cutoff))
    ) using p_parent, format('^FOR VALUES FROM \(%1$s(, .+)?\) TO \(%1$s(, .+)?\)$', v_value), p_partition;
end
$$;

comment on function pydb_internal.retention_partition_bounds(pydb.retention_policy, timestamptz, oid, oid) is
'One row a partition of a table that is partitioned by ranges whose first column is the policy''s time column: oldest
first, the default partition last. Bounds are compared as values of the column, a timestamp or a date in the zone of the
policy: the zone of the session has no say. p_partition: that one alone; is_last is null then, for it takes all of them
to tell.';

revoke all on function pydb_internal.retention_partition_bounds(pydb.retention_policy, timestamptz, oid, oid)
    from public;
