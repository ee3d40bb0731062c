drop routine pydb_internal.cascade_edge_problem;
-- cascade: a job is tried before its first row goes
insert into pydb.setting (name, value, value_type, min_value, description) values
(
    'cascade_trial_rows', '50000', 'bigint', '0',
    'a cascade job of at most so many rows is tried and undone before its first row goes; 0 = none is (integer, from 0)'
);
drop routine pydb_internal.cascade_job_queue;
