-- pydb_internal.archive_due (purge; by archive_purge_open): what archives have kept long enough.
-- reads pydb.archive_list   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_due(p_now timestamptz)
returns table (archive oid, rows bigint, from_block bigint, to_block bigint)
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select
        c.oid, sum(l.rows)::bigint,
        case when bool_and(r.filenode = pg_relation_filenode(c.oid)) then min(r.from_block) else 0 end,
        pg_relation_size(c.oid) / current_setting('block_size')::bigint
    from pydb.archive_list as l
    inner join pydb.archive_run as r on r.run_id = l.run_id and r.archive = l.archive
    inner join pg_class as c on c.oid = l.archive
    where l.until < p_now
    group by c.oid
    order by c.oid;
$$;

comment on function pydb_internal.archive_due(timestamptz) is
'Archives with rows of runs that leave them before p_now: how many, and the blocks that they are in as far as they were
appended.';

revoke all on function pydb_internal.archive_due(timestamptz) from public;
