-- pydb_internal.space_touched (space; for pydb/space.py): the tables that the runs of a call have deleted from.
-- reads pydb.job_run, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.space_touched(p_request uuid)
returns table (relation oid)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- what this session deleted shows in the statistics from now on, and not after the vacuum
    perform pg_stat_force_next_flush();
    return query
    select distinct c.oid
    from pydb.job_run as r
    cross join lateral (
        select d.key
        from jsonb_each_text(coalesce(r.detail -> 'relations', '{}') || coalesce(r.detail -> 'cascaded', '{}')) as d
    ) as t
    inner join pg_class as c on c.oid = to_regclass(t.key)::oid and c.relkind = 'r'
    where r.request = p_request and r.rows_done > 0 and not r.dry_run
    order by c.oid;
end
$$;

comment on function pydb_internal.space_touched(uuid) is
'Tables, of partitioned ones the partitions, from which runs of the request deleted rows, and which are still there.';

revoke all on function pydb_internal.space_touched(uuid) from public;
