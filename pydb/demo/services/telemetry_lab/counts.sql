-- Rows of each table, and those of data set %(id)s among them, by hand: nothing of pydb is asked.
select 'lab.dataset' as relation, count(*) as rows, count(*) filter (where id = %(id)s) as mine from lab.dataset
union all
select 'lab.host', count(*), count(*) filter (where dataset_id = %(id)s) from lab.host
union all
select 'lab.metric_series', count(*), count(*) filter (where h.dataset_id = %(id)s)
from lab.metric_series as s inner join lab.host as h on h.id = s.host_id
union all
select 'lab.sample', count(*), count(*) filter (where h.dataset_id = %(id)s)
from
    lab.sample as p
    inner join lab.metric_series as s on s.id = p.series_id
    inner join lab.host as h on h.id = s.host_id
union all
select 'lab.score_job', count(*), count(*) filter (where dataset_id = %(id)s) from lab.score_job
union all
select 'lab.score', count(*), count(*) filter (where dataset_id = %(id)s) from lab.score
union all
select 'lab.alert', count(*), count(*) filter (where dataset_id = %(id)s) from lab.alert;
