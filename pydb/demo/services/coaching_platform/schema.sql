create schema coaching;

create table coaching.athlete (
    id integer primary key,
    name text not null,
    weekly_sessions integer not null
);

create table coaching.session (
    id bigint generated always as identity primary key,
    athlete_id integer not null references coaching.athlete (id) on delete cascade,
    minutes integer not null,
    held_at timestamptz not null default now()
);

insert into coaching.athlete (id, name, weekly_sessions)
select i, format('athlete %s', i), 1 + i % 5 from generate_series(1, 200) as i;

insert into coaching.session (athlete_id, minutes, held_at)
select 1 + i % 200, 30 + i % 60, now() - make_interval(hours => i % 700) from generate_series(1, 20000) as i;

create index session_athlete_id_idx on coaching.session (athlete_id);
analyze coaching.athlete, coaching.session;

-- what the platform runs as
create role coach_app nologin;
grant usage on schema coaching to coach_app;
grant select, update on coaching.athlete to coach_app;
grant select, insert, delete on coaching.session to coach_app;
