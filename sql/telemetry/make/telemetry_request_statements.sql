-- pydb_internal.telemetry_request_statements (make; by telemetry_statements): the table of requests, as statements.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.telemetry_request_statements(p_schema name)
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select array_agg(format(s.statement, p_schema) order by s.place)
    from unnest(array[
        $t$create table %1$I.request_telemetry (
            recorded_at timestamptz not null default clock_timestamp(),
            "service.name" text,
            "http.request.method" text not null,
            "http.route" text,
            "url.path" text not null,
            "http.response.status_code" integer,
            "error.type" text,
            "http.server.request.duration" double precision not null,
            "user.id" text,
            trace_id text,
            parent_span_id text,
            sample_rate double precision not null default 1,
            constraint request_telemetry_duration_check check ("http.server.request.duration" >= 0),
            constraint request_telemetry_sample_rate_check check (sample_rate > 0 and sample_rate <= 1)
        ) partition by range (recorded_at)$t$,
        $t$create table %1$I.request_telemetry_default partition of %1$I.request_telemetry default$t$,
        $t$create index request_telemetry_recorded_at_idx on %1$I.request_telemetry (recorded_at)$t$,
        $t$create index request_telemetry_error_idx on %1$I.request_telemetry (recorded_at)
        where "error.type" is not null$t$,
        $t$comment on table %1$I.request_telemetry is
        'Answers to HTTP requests, named as OpenTelemetry does. Errors and slow requests are all here, others by
sample_rate: a row stands for 1 / sample_rate requests. Made by pydb.telemetry_create.'$t$,
        $t$comment on column %1$I.request_telemetry.recorded_at is 'When it ended, by the server''s clock.'$t$,
        $t$comment on column %1$I.request_telemetry."service.name" is 'Which of the applications it was.'$t$,
        $t$comment on column %1$I.request_telemetry."http.request.method" is
        'GET, POST, …; _OTHER = one that nobody knows.'$t$,
        $t$comment on column %1$I.request_telemetry."http.route" is
        'Template of the path, such as /orders/{id}, by which requests are grouped; null = no route.'$t$,
        $t$comment on column %1$I.request_telemetry."url.path" is
        'The path as it came, shortened, without the query.'$t$,
        $t$comment on column %1$I.request_telemetry."http.response.status_code" is
        'Status of the answer; null = none was begun.'$t$,
        $t$comment on column %1$I.request_telemetry."error.type" is
        'Class of the exception, or the status where it is 5xx; null = no error.'$t$,
        $t$comment on column %1$I.request_telemetry."http.server.request.duration" is
        'Seconds until the answer was sent.'$t$,
        $t$comment on column %1$I.request_telemetry."user.id" is
        'Who asked, as the application says; null = unknown.'$t$,
        $t$comment on column %1$I.request_telemetry.trace_id is 'Trace that it belongs to, from traceparent.'$t$,
        $t$comment on column %1$I.request_telemetry.parent_span_id is 'Span that called, from traceparent.'$t$,
        $t$comment on column %1$I.request_telemetry.sample_rate is
        'Probability with which a request like this one was kept.'$t$
    ]) with ordinality as s (statement, place)
$$;

comment on function pydb_internal.telemetry_request_statements(name) is
'CREATE and COMMENT for request_telemetry in a schema, its default partition and its indexes.';

revoke all on function pydb_internal.telemetry_request_statements(name) from public;
