-- Tables of a telemetry service and of a trading service, as they are met in production.
-- Keys, indexes and foreign keys follow in constraints.sql, after the rows: loading is much faster that way.

create schema telemetry;
create schema trading;
comment on schema telemetry is 'Demo of pydb: hosts, their telemetry, and the data sets generated from it.';
comment on schema trading is 'Demo of pydb: models trained on those data sets, their decisions and trades.';

-- telemetry --------------------------------------------------------------------------------------------------

create type telemetry.region as enum ('eu-central', 'us-east', 'ap-south');
create type telemetry.event_kind as enum ('boot', 'deploy', 'login', 'error', 'heartbeat');

create table telemetry.host (
    id integer not null,
    hostname text not null,
    region telemetry.region not null,
    labels jsonb not null default '{}',
    registered_at timestamptz not null,
    last_seen_at timestamptz
);

-- one row a data set: what was generated, from which parameters
create table telemetry.generation_runs (
    id bigint not null,
    dataset_name text not null,
    status text not null,
    rows_generated bigint,
    parameters jsonb not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    constraint generation_runs_status_check check (status in ('running', 'completed', 'failed'))
);

create table telemetry.dataset_score_jobs (
    id bigint not null,
    dataset_id bigint not null,
    host_id integer not null,
    status text not null,
    queued_at timestamptz not null,
    finished_at timestamptz,
    constraint dataset_score_jobs_status_check check (status in ('running', 'completed', 'lost'))
);
comment on column telemetry.dataset_score_jobs.finished_at is 'Null while the job runs, for ever if its worker died.';

create table telemetry.dataset_scores (
    id bigint not null,
    dataset_id bigint not null,
    score_job_id bigint,
    metric text not null,
    score numeric(9, 6) not null,
    detail jsonb not null,
    scored_at timestamptz not null,
    constraint dataset_scores_score_check check (score between 0 and 1)
);

-- copied here from the hosts in bulk, host by host: the order on disk is not the order of time
create table telemetry.host_telemetry_archival (
    id bigint not null,
    host_id integer not null,
    dataset_id bigint,
    sampled_at_ms bigint not null,
    cpu_percent numeric(5, 2) not null,
    memory_bytes bigint not null,
    payload jsonb not null,
    constraint host_telemetry_archival_cpu_percent_check check (cpu_percent between 0 and 100)
);
comment on column telemetry.host_telemetry_archival.sampled_at_ms is 'Milliseconds since 1970, as agents send them.';
comment on column telemetry.host_telemetry_archival.dataset_id is
'telemetry.generation_runs.id; no foreign key, because the rows arrive from another system, sometimes first.';

create table telemetry.raw_events (
    id bigint not null,
    occurred_at timestamptz not null,
    host_id integer not null,
    kind telemetry.event_kind not null,
    payload jsonb not null
) partition by range (occurred_at);

do $$
declare
    v_now timestamptz := current_setting('pydb_demo.now')::timestamptz;
    v_month timestamptz;
begin
    for v_month in
        select generate_series(date_trunc('month', v_now - interval '64 days'),
            date_trunc('month', v_now) + interval '1 month', interval '1 month')
    loop
        execute format('create table telemetry.%I partition of telemetry.raw_events for values from (%L) to (%L)',
            'raw_events_' || to_char(v_month, 'YYYY_MM'), v_month, v_month + interval '1 month');
    end loop;
end
$$;
create table telemetry.raw_events_default partition of telemetry.raw_events default;

create table telemetry.features (
    feature_date date not null,
    host_id integer not null,
    name text not null,
    value double precision not null
);

create table telemetry.alerts (
    id bigint not null,
    dataset_id bigint,
    score_id bigint,
    severity text not null,
    state text not null,
    message text not null,
    context jsonb not null,
    raised_at timestamptz not null,
    resolved_at timestamptz,
    constraint alerts_severity_check check (severity in ('info', 'warning', 'critical')),
    constraint alerts_state_check check (state in ('open', 'acknowledged', 'resolved'))
);
comment on column telemetry.alerts.dataset_id is 'telemetry.generation_runs.id; no foreign key.';

-- trading ----------------------------------------------------------------------------------------------------

create type trading.side as enum ('buy', 'sell');

create table trading.instrument (
    symbol text not null,
    currency char(3) not null,
    tick_size numeric(12, 6) not null,
    constraint instrument_tick_size_check check (tick_size > 0)
);

create table trading.model_runs (
    id bigint not null,
    dataset_id bigint not null,
    model text not null,
    metrics jsonb not null,
    started_at timestamptz not null,
    finished_at timestamptz
);

create table trading.decisions (
    id bigint not null,
    model_run_id bigint not null,
    symbol text not null,
    side trading.side not null,
    quantity numeric(18, 4) not null,
    limit_price numeric(18, 6),
    rationale jsonb not null,
    decided_at timestamptz not null,
    constraint decisions_quantity_check check (quantity > 0)
);

create table trading.trade_events (
    id bigint not null,
    decision_id bigint,
    symbol text not null,
    side trading.side not null,
    quantity numeric(18, 4) not null,
    price numeric(18, 6) not null,
    venue text not null,
    payload jsonb not null,
    executed_at timestamptz,
    constraint trade_events_price_check check (price > 0)
);
comment on column trading.trade_events.executed_at is 'Null until the venue has confirmed the execution.';

-- made by an older service: timestamps without time zone, in UTC
create table trading.job_runs (
    id bigint not null,
    job_name text not null,
    state text not null,
    attempts integer not null,
    error text,
    started_at timestamp not null,
    finished_at timestamp,
    constraint job_runs_state_check check (state in ('running', 'succeeded', 'failed'))
);

create table trading.match_runs (
    id bigint not null,
    algorithm text not null,
    candidates integer not null,
    matched integer not null,
    parameters jsonb not null,
    started_at timestamptz not null,
    finished_at timestamptz
);

create table trading.match_pairs (
    match_run_id bigint not null,
    position integer not null,
    buy_event_id bigint not null,
    sell_event_id bigint not null,
    price numeric(18, 6) not null
);

-- a settlement in dispute keeps the match run that it rests on
create table trading.settlements (
    id bigint not null,
    match_run_id bigint not null,
    amount numeric(18, 2) not null,
    state text not null,
    opened_at timestamptz not null,
    constraint settlements_state_check check (state in ('open', 'disputed', 'settled'))
);

create table trading.quotes (
    id uuid not null,
    symbol text not null,
    bid numeric(18, 6) not null,
    ask numeric(18, 6) not null,
    expires_at timestamptz not null,
    constraint quotes_spread_check check (ask >= bid)
);
comment on column trading.quotes.expires_at is 'End of the quote; infinity for a standing quote.';

-- made by the object-relational mapper of the German back office
create table trading."Abrechnungsläufe" (
    "LaufId" bigint not null,
    "ErstelltAm" timestamptz not null,
    "Betrag" numeric(18, 2) not null,
    "Währung" char(3) not null
);
