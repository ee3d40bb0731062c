-- What a worker writes that was at work on the data set when it went.
insert into lab.score (id, dataset_id, metric, score)
select (select max(id) from lab.score) + n, %(id)s, 'late', n / 1000.0 from generate_series(1, %(late)s::integer) as n
returning id;
