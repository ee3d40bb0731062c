-- pydb_internal.telemetry_parts (make): the times that the partitions of a table are for.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.telemetry_parts(p_table regclass)
returns table (partition oid, lower_bound timestamptz, upper_bound timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO'
as $$
    select i.inhrelid, b.texts[1]::timestamptz, b.texts[2]::timestamptz
    from pg_inherits as i
    inner join pg_class as c on c.oid = i.inhrelid
    left join lateral regexp_match(
        pg_get_expr(c.relpartbound, c.oid), $r$^FOR VALUES FROM \('([^']+)'\) TO \('([^']+)'\)$r$
    ) as b (texts) on true
    where i.inhparent = p_table and not i.inhdetachpending
$$;

comment on function pydb_internal.telemetry_parts(regclass) is
'One row a partition of a table that is partitioned by a timestamptz: from when to before when; both null = the default
partition.';

revoke all on function pydb_internal.telemetry_parts(regclass) from public;
