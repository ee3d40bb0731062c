-- pydb_internal.space_free (space; by space_scan): how much of the file of a table is free for new rows, or dead, by
-- its statistics.
-- reads pg_class, pg_stats   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.space_free(p_relation oid, p_rows bigint)
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- a row has a head of 24 bytes and a pointer of 4, and is rounded up to 8; a page a head of 24
    select greatest(
        pg_relation_size(c.oid) - ceil(
            p_rows * (28 + ceil((s.width + ceil(c.relnatts / 8.0)) / 8) * 8)
            / (current_setting('block_size')::numeric - 24)
        ) * current_setting('block_size')::numeric, 0
    )::bigint
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    cross join lateral (
        select sum(t.avg_width * (1 - t.null_frac))::numeric as width, count(*) as columns
        from pg_stats as t
        where t.schemaname = n.nspname and t.tablename = c.relname and not t.inherited
    ) as s
    where c.oid = p_relation and s.columns > 0;
$$;

comment on function pydb_internal.space_free(oid, bigint) is
'Bytes of the table''s own file that p_rows rows do not need, an estimate by their average width; null where it was
never analyzed, or its columns cannot be read.';

revoke all on function pydb_internal.space_free(oid, bigint) from public;
