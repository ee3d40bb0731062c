-- pydb.metric: what monitoring reads: one row a sample. Nothing of the tables of users is counted for it.
-- reads what the collectors read   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.metric as
select
    u.collector,
    s.name,
    k.type,
    k.help,
    s.labels,
    s.value
from unnest(pydb_internal.metric_collectors()) as u (collector)
cross join lateral pydb_internal.metric_collect(u.collector) as s
inner join pydb_internal.metric_kind as k on k.name = regexp_replace(s.name, '_(bucket|sum|count)$', '');

comment on view pydb.metric is
'The metrics of pydb, one row a sample: pydb metrics, pydb serve and sql_exporter read it. where collector = ''runs''
asks that collector alone. One that raises gives lifecycle_scrape_success 0 in place of its metrics, and never ends the
others. What cannot be known is absent.';
comment on column pydb.metric.collector is 'Collector that it comes from; its samples are of one moment.';
comment on column pydb.metric.name is
'Name of the sample: that of the metric, of a histogram with _bucket, _sum or _count behind it.';
comment on column pydb.metric.type is 'gauge, counter or histogram.';
comment on column pydb.metric.help is 'What the metric is.';
comment on column pydb.metric.labels is 'Object: label → value.';
comment on column pydb.metric.value is 'Value.';

revoke all on pydb.metric from public;
