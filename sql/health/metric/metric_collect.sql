-- pydb_internal.metric_collect (metric; by metric): the samples of one collector, or that it raised.
-- reads what the collector reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_collect(p_collector text)
returns setof pydb_internal.metric_sample
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms' -- as in pydb.health
set jit = off
as $$
declare
    v_start constant timestamptz := clock_timestamp();
    v_samples pydb_internal.metric_sample[];
    v_is_there boolean := true;
begin
    begin
        v_samples := case p_collector
            when 'build' then array(select m from pydb_internal.metric_build() as m)
            when 'database' then array(select m from pydb_internal.metric_database() as m)
            when 'relations' then array(select m from pydb_internal.metric_relations() as m)
            when 'runs' then array(select m from pydb_internal.metric_runs() as m)
            when 'retention' then array(select m from pydb_internal.metric_retention() as m)
            when 'cascade' then array(select m from pydb_internal.metric_cascade() as m)
            when 'orphans' then array(select m from pydb_internal.metric_orphans() as m)
            when 'idempotency' then array(select m from pydb_internal.metric_idempotency() as m)
            when 'scheduler' then array(select m from pydb_internal.metric_scheduler() as m)
            when 'archive' then array(select m from pydb_internal.metric_archive() as m)
            when 'holds' then array(select m from pydb_internal.metric_holds() as m)
            when 'events' then array(select m from pydb_internal.metric_events() as m)
            when 'health' then array(select m from pydb_internal.metric_health() as m)
        end;
    exception when others then
        v_is_there := false;
    end;
    return query
    select s.name, s.labels, s.value
    from unnest(v_samples) as s
    -- what cannot be known is absent
    where v_is_there and s.value is not null
    union all
    select u.name, jsonb_build_object('collector', p_collector), u.value
    from (
        values
        ('lifecycle_scrape_success', v_is_there::integer::float8),
        ('lifecycle_scrape_duration_seconds', extract(epoch from clock_timestamp() - v_start)::float8),
        ('lifecycle_metrics_collected_timestamp_seconds', extract(epoch from v_start)::float8)
    ) as u (name, value);
end
$$;

comment on function pydb_internal.metric_collect(text) is
'Samples of the collector, and of the collector itself: whether it is there, how long it took, and when.';

revoke all on function pydb_internal.metric_collect(text) from public;
