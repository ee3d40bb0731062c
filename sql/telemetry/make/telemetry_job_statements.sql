-- pydb_internal.telemetry_job_statements (make; by telemetry_statements): the table of jobs, as statements.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.telemetry_job_statements(p_schema name)
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select array_agg(format(s.statement, p_schema) order by s.place)
    from unnest(array[
        $t$create table %1$I.job_telemetry (
            recorded_at timestamptz not null default clock_timestamp(),
            "service.name" text,
            job_name text not null,
            job_id text not null,
            state text not null,
            duration double precision,
            "error.type" text,
            error text,
            trace_id text,
            constraint job_telemetry_state_check check (state in ('queued', 'running', 'completed', 'failed')),
            constraint job_telemetry_duration_check check (duration >= 0)
        ) partition by range (recorded_at)$t$,
        $t$create table %1$I.job_telemetry_default partition of %1$I.job_telemetry default$t$,
        $t$create index job_telemetry_recorded_at_idx on %1$I.job_telemetry (recorded_at)$t$,
        $t$create index job_telemetry_job_idx on %1$I.job_telemetry (job_id, recorded_at)$t$,
        $t$comment on table %1$I.job_telemetry is
        'States that jobs came to, a row each: the newest of a job is its state. Made by pydb.telemetry_create.'$t$,
        $t$comment on column %1$I.job_telemetry.recorded_at is 'When it came to that, by the server''s clock.'$t$,
        $t$comment on column %1$I.job_telemetry."service.name" is 'Which of the applications it was.'$t$,
        $t$comment on column %1$I.job_telemetry.job_name is 'What kind of job it is.'$t$,
        $t$comment on column %1$I.job_telemetry.job_id is 'Which one.'$t$,
        $t$comment on column %1$I.job_telemetry.state is 'queued, running, completed or failed.'$t$,
        $t$comment on column %1$I.job_telemetry.duration is
        'Seconds: of completed and failed, that it ran; of running, that it had waited; null = not known.'$t$,
        $t$comment on column %1$I.job_telemetry."error.type" is 'Class of the exception that ended it.'$t$,
        $t$comment on column %1$I.job_telemetry.error is 'What the exception said, shortened.'$t$,
        $t$comment on column %1$I.job_telemetry.trace_id is 'Trace that it belongs to.'$t$
    ]) with ordinality as s (statement, place)
$$;

comment on function pydb_internal.telemetry_job_statements(name) is
'CREATE and COMMENT for job_telemetry in a schema, its default partition and its indexes.';

revoke all on function pydb_internal.telemetry_job_statements(name) from public;
