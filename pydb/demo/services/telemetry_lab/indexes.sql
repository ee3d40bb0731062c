-- without these every deleted row would cost a scan of the child
create index on lab.host (dataset_id);
create index on lab.metric_series (host_id);
create index on lab.sample (series_id);
create index on lab.score_job (dataset_id);
create index on lab.score (dataset_id);
create index on lab.score (score_job_id);
create index on lab.alert (dataset_id);
analyze lab.dataset, lab.host, lab.metric_series, lab.sample, lab.score_job, lab.score, lab.alert, lab.training;
