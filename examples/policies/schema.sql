-- Tables for the policies to act on, with rows of a year.
create schema app;

create table app.request_log (
    id bigint generated always as identity primary key,
    level text not null,
    logged_at timestamptz not null
);
insert into app.request_log (level, logged_at)
select (array['error', 'info', 'debug', 'debug'])[1 + i % 4], now() - (i - 0.5) * interval '6 hours'
from generate_series(1, 1460) as i;

create table app.session (
    token uuid primary key default gen_random_uuid(),
    expires_at timestamptz not null
);
insert into app.session (expires_at)
select now() + (i - 40.5) * interval '12 hours' from generate_series(1, 100) as i;

create table app.invoice (
    id bigint generated always as identity primary key,
    paid_on date
);
create table app.invoice_line (
    invoice_id bigint not null references app.invoice,
    line integer not null,
    primary key (invoice_id, line)
);
insert into app.invoice (paid_on)
select case when i % 10 > 0 then current_date - i end from generate_series(1, 400) as i;
insert into app.invoice_line select i, line from generate_series(1, 400) as i, generate_series(1, 3) as line;

analyze app.request_log, app.session, app.invoice, app.invoice_line;
