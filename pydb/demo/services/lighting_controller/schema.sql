-- A controller of street lamps: what lamps say (30 days), what is summed up of it (90), what was decided (180).
create schema lighting;

create table lighting.lamp (
    id bigint primary key,
    street text not null
);
create table lighting.raw_event (
    id bigint primary key,
    lamp_id bigint not null,
    occurred_at timestamptz not null,
    lux double precision not null,
    watts double precision not null
);
create table lighting.feature (
    lamp_id bigint not null,
    hour timestamptz not null,
    events bigint not null,
    lux double precision not null,
    watts double precision not null,
    primary key (hour, lamp_id)
);
create table lighting.decision (
    id bigint primary key,
    lamp_id bigint not null,
    decided_at timestamptz not null,
    level integer not null
);
-- what the example was filled with
create table lighting.loaded (
    now_at timestamptz not null,
    rows bigint not null
);
-- up to when raw events are summed up: none may go that is not older
create table lighting.rollup (
    job text primary key,
    up_to timestamptz not null
);
