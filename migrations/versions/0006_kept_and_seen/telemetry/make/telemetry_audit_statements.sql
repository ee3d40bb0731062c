-- pydb_internal.telemetry_audit_statements (make; by telemetry_statements): the table of mutations, as statements.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.telemetry_audit_statements(p_schema name)
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select array_agg(format(s.statement, p_schema) order by s.place)
    from unnest(array[
        $t$create table %1$I.audit_event (
            recorded_at timestamptz not null default clock_timestamp(),
            "service.name" text,
            actor text,
            action text not null,
            resource text,
            status integer,
            privileged boolean not null default false,
            detail text,
            trace_id text
        ) partition by range (recorded_at)$t$,
        $t$create table %1$I.audit_event_default partition of %1$I.audit_event default$t$,
        $t$create index audit_event_recorded_at_idx on %1$I.audit_event (recorded_at)$t$,
        $t$create index audit_event_privileged_idx on %1$I.audit_event (recorded_at) where privileged$t$,
        $t$comment on table %1$I.audit_event is
        'Requests that change something, each of them: who did what to which thing. Made by pydb.telemetry_create.'$t$,
        $t$comment on column %1$I.audit_event.recorded_at is 'When it ended, by the server''s clock.'$t$,
        $t$comment on column %1$I.audit_event."service.name" is 'Which of the applications it was.'$t$,
        $t$comment on column %1$I.audit_event.actor is 'Who did it, as the application says; null = unknown.'$t$,
        $t$comment on column %1$I.audit_event.action is
        'What was done: method and route of the request, or what the application calls it.'$t$,
        $t$comment on column %1$I.audit_event.resource is 'What it was done to: the path, or a name.'$t$,
        $t$comment on column %1$I.audit_event.status is 'Status of the answer; null = none was begun.'$t$,
        $t$comment on column %1$I.audit_event.privileged is
        'True: it needed more rights than users have; the application says so.'$t$,
        $t$comment on column %1$I.audit_event.detail is 'What else the application says of it.'$t$,
        $t$comment on column %1$I.audit_event.trace_id is 'Trace that it belongs to, from traceparent.'$t$
    ]) with ordinality as s (statement, place)
$$;

comment on function pydb_internal.telemetry_audit_statements(name) is
'CREATE and COMMENT for audit_event in a schema, its default partition and its indexes.';

revoke all on function pydb_internal.telemetry_audit_statements(name) from public;
