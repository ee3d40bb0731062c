-- What is in the archive: a row for each file that was read back and found to be right.
create schema weather;

create table weather.chunk (
    run text not null,
    station text not null,
    year integer not null,
    file text not null,
    rows bigint not null,
    oldest timestamptz not null,
    newest timestamptz not null,
    bytes_raw bigint not null,
    bytes bigint not null,
    sha256 text not null,
    digest text not null,
    registered_at timestamptz not null default now(),
    primary key (run, station, year),
    unique (run, file)
);
