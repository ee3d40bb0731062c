-- A laboratory that scores data sets of telemetry: a data set and six tables that hang on it, three of them by columns
-- that no constraint declares (they are loaded by other teams), and the rows that a model is trained on.
create schema lab;

create table lab.dataset (
    id bigint primary key,
    name text not null unique,
    created_at timestamptz not null
);
create table lab.host (
    id bigint primary key,
    dataset_id bigint not null references lab.dataset,
    hostname text not null
);
create table lab.metric_series (
    id bigint primary key,
    host_id bigint not null references lab.host,
    metric text not null
);
create table lab.sample (
    id bigint primary key,
    series_id bigint not null references lab.metric_series on delete cascade,
    at timestamptz not null,
    value double precision not null
);
create table lab.score_job (
    id bigint primary key,
    dataset_id bigint not null references lab.dataset on delete cascade,
    state text not null
);
-- of no constraint: a worker on another machine copies scores in
create table lab.score (
    id bigint primary key,
    dataset_id bigint not null,
    score_job_id bigint,
    metric text not null,
    score double precision not null
);
create table lab.alert (
    id bigint primary key,
    dataset_id bigint not null,
    message text not null
);
-- what the model is trained on: no part of a data set, rows of all of them
create table lab.training (
    id bigint primary key,
    dataset_id bigint not null,
    cpu double precision not null,
    memory double precision not null,
    latency double precision not null
);
