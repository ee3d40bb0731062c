-- pydb_internal.metric_database (metric; by metric_collect): the server, as far as it matters to deletes.
-- reads pg_stat_activity, pg_stat_replication, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_database()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select 'lifecycle_db_in_recovery', '{}'::jsonb, pg_is_in_recovery()::integer::float8
    union all
    select 'lifecycle_db_oldest_xact_age_seconds', '{}', (pydb_internal.governor_oldest_snapshot(null)).value
    union all
    select 'lifecycle_kill_switch', '{}', pydb_internal.setting_get(p_name => 'kill_switch')::boolean::integer
    union all
    select 'lifecycle_guard_held', '{}', (s.state = 'held')::integer from pydb.guard_status as s
    union all
    select 'lifecycle_db_replication_lag_bytes', jsonb_build_object('standby', r.standby), r.bytes
    from pydb_internal.metric_standbys() as r;
$$;

comment on function pydb_internal.metric_database() is 'Samples of the collector database.';

revoke all on function pydb_internal.metric_database() from public;
