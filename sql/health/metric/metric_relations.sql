-- pydb_internal.metric_relations (metric; by metric_collect): size and dead rows of the tables of policies, without a
-- lock on any.
-- reads pydb.retention_policy, the catalog, statistics   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_relations()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with recursive part (target, oid) as (
        select distinct p.target, p.target from pydb_internal.metric_policies() as p where p.is_named
        union all
        select o.target, i.inhrelid
        from part as o
        inner join pg_inherits as i on i.inhparent = o.oid
    ),

    told as materialized (
        select
            pydb_internal.relation_name(o.target) as relation,
            -- nobody has looked since: what came since then is counted, what was there before is not
            sum(case
                when n.is_looked_at then pg_stat_get_live_tuples(c.oid)
                when n.is_counted then greatest(pg_stat_get_live_tuples(c.oid), n.estimate)
                else n.estimate
            end)::float8 as live,
            sum(case when n.is_counted then pg_stat_get_dead_tuples(c.oid) end)::float8 as dead,
            -- pages as the catalog has them: to ask for the files would wait for who has locked the table
            sum(c.relpages + coalesce(t.relpages, 0) + coalesce(x.pages, 0))
            * current_setting('block_size')::float8 as bytes
        from part as o
        inner join pg_class as c on c.oid = o.oid
        -- after a crash or a reset nothing is counted, and nothing is no number of rows
        cross join lateral (
            select
                pg_stat_get_live_tuples(c.oid) + pg_stat_get_dead_tuples(c.oid) > 0
                or pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_deleted(c.oid) > 0 as is_counted,
                num_nonnulls(
                    pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid),
                    pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)
                ) > 0 as is_looked_at,
                case when c.relkind <> 'p' then nullif(c.reltuples, -1) end as estimate
        ) as n
        left join pg_class as t on t.oid = c.reltoastrelid
        left join lateral (
            select sum(d.relpages) as pages
            from pg_index as i
            inner join pg_class as d on d.oid = i.indexrelid
            where i.indrelid = c.oid
        ) as x on true
        group by o.target
    )
    select u.name, jsonb_build_object('relation', t.relation), u.value
    from told as t
    cross join lateral (
        values
        ('lifecycle_relation_live_rows', t.live),
        ('lifecycle_relation_dead_ratio', t.dead / nullif(t.live + t.dead, 0)),
        ('lifecycle_relation_size_bytes', t.bytes)
    ) as u (name, value)
    where t.relation is not null;
$$;

comment on function pydb_internal.metric_relations() is 'Samples of the collector relations.';

revoke all on function pydb_internal.metric_relations() from public;
