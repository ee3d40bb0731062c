-- pydb_internal.metric_standbys (metric; by metric_database): how far each standby is behind.
-- reads pg_stat_replication   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_standbys()
returns table (standby text, bytes float8)
language plpgsql
stable
security definer -- as pydb_internal.governor_replication_lag
set search_path = pg_catalog, pg_temp
as $$
begin
    if pg_is_in_recovery() or not pg_has_role('pg_read_all_stats', 'usage') then
        return;
    end if;
    return query
    select coalesce(nullif(r.application_name, ''), host(r.client_addr), 'standby'),
        max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn))::float8
    from pg_stat_replication as r
    where r.replay_lsn is not null and r.state is distinct from 'backup'
    group by 1
    order by 2 desc
    limit 50;
end
$$;

comment on function pydb_internal.metric_standbys() is
'Bytes of WAL that each standby has yet to replay, by its application_name; the 50 that are furthest behind.';

revoke all on function pydb_internal.metric_standbys() from public;
