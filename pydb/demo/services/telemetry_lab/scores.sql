-- The scores of one data set.
select id, metric, score from lab.score where dataset_id = %(id)s order by id;
