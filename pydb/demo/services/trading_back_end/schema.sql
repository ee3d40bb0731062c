create schema trading;

create table trading.trade_event (
    id bigint generated always as identity primary key,
    strategy text not null,
    executed_at timestamptz not null,
    price double precision not null
);

create table trading.job_run (
    id bigint generated always as identity primary key,
    job text not null,
    finished_at timestamptz
);

create table trading.match_run (
    id bigint generated always as identity primary key,
    strategy text not null,
    started_at timestamptz not null
);

-- what a request starts: once, however often it is sent
create table trading.tune (
    id bigint generated always as identity primary key,
    workspace text not null,
    strategy text not null,
    trials integer not null,
    best_window integer not null,
    gain double precision not null
);
