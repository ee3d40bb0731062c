-- pydb_internal.archive_export_leaves (export): what archives hold of a run or a table, one row for each run and
-- archive.
-- reads pydb.archive_run, pydb.archive_table, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_export_leaves(p_scope jsonb)
returns table (
    relation oid,
    name text,
    run_id bigint,
    rows bigint,
    from_block bigint,
    to_block bigint,
    all_blocks bigint
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        c.oid, coalesce(pydb_internal.relation_name(t.source), t.source_name), r.run_id,
        r.rows - r.restored - r.purged, case when k.is_known then r.from_block else 0 end,
        case when k.is_known then r.to_block else k.blocks end, k.blocks
    from pydb.archive_run as r
    inner join pydb.archive_table as t on t.archive = r.archive
    inner join pg_class as c on c.oid = r.archive
    cross join lateral (
        select
            coalesce(r.filenode = pg_relation_filenode(c.oid) and r.to_block is not null, false) as is_known,
            pg_relation_size(c.oid) / current_setting('block_size')::bigint as blocks
    ) as k
    where r.rows > r.restored + r.purged
        and ((p_scope ->> 'run') is null or r.run_id = (p_scope ->> 'run')::bigint)
        and ((p_scope ->> 'archive') is null or c.oid = (p_scope ->> 'archive')::oid)
    order by r.run_id, t.source_name;
$$;

comment on function pydb_internal.archive_export_leaves(jsonb) is
'Archives with rows of what archive_export_scope describes: the table they are from, how many, and the blocks that they
are in as far as they were appended.';

revoke all on function pydb_internal.archive_export_leaves(jsonb) from public;
