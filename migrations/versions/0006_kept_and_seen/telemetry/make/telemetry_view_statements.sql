-- pydb_internal.telemetry_view_statements (make; by telemetry_create): the views of a schema, as statements.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.telemetry_view_statements(p_schema name)
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select array_agg(format(s.statement, p_schema) order by s.place)
    from unnest(array[
        $t$create or replace view %1$I.recent_error as
        select r.recorded_at, r."service.name", r."http.request.method", r."http.route", r."url.path",
            r."http.response.status_code", r."error.type", r."http.server.request.duration", r."user.id", r.trace_id,
            1 / r.sample_rate as requests
        from %1$I.request_telemetry as r
        where r."error.type" is not null and r.recorded_at > now() - interval '24 hours'
        order by r.recorded_at desc$t$,
        $t$comment on view %1$I.recent_error is
        'Requests of the last 24 hours that ended with an error, the newest first.'$t$,
        $t$create or replace view %1$I.slowest_route as
        select w."http.request.method", w."http.route", round(sum(w.weight)) as requests,
            sum(w.duration * w.weight) / sum(w.weight) as average_seconds,
            min(w.duration) filter (where w.upto >= 0.95 * w.total) as p95_seconds,
            max(w.duration) as maximum_seconds,
            coalesce(sum(w.weight) filter (where w.status >= 500), 0) / sum(w.weight) as error_share,
            count(*) as sampled
        from (
            select r."http.request.method", r."http.route", r."http.response.status_code" as status,
                r."http.server.request.duration" as duration, 1 / r.sample_rate as weight,
                sum(1 / r.sample_rate) over (
                    partition by r."http.request.method", r."http.route"
                    order by r."http.server.request.duration" rows unbounded preceding
                ) as upto,
                sum(1 / r.sample_rate) over (partition by r."http.request.method", r."http.route") as total
            from %1$I.request_telemetry as r
            where r.recorded_at > now() - interval '24 hours'
        ) as w
        group by w."http.request.method", w."http.route"
        order by p95_seconds desc$t$,
        $t$comment on view %1$I.slowest_route is
        'Routes of the last 24 hours, the slowest 95th percentile first. Each row of request_telemetry weighs
1 / sample_rate; sampled = how many rows there were.'$t$,
        $t$create or replace view %1$I.failed_job as
        select j.recorded_at, j."service.name", j.job_name, j.job_id, j.duration, j."error.type", j.error, j.trace_id
        from %1$I.job_telemetry as j
        where j.state = 'failed' and j.recorded_at > now() - interval '7 days'
        order by j.recorded_at desc$t$,
        $t$comment on view %1$I.failed_job is 'Jobs that failed in the last 7 days, the newest first.'$t$,
        $t$create or replace view %1$I.privileged_mutation as
        select a.recorded_at, a."service.name", a.actor, a.action, a.resource, a.status, a.detail, a.trace_id
        from %1$I.audit_event as a
        where a.privileged and a.recorded_at > now() - interval '30 days'
        order by a.recorded_at desc$t$,
        $t$comment on view %1$I.privileged_mutation is
        'What was changed in the last 30 days by rights that users do not have, the newest first.'$t$
    ]) with ordinality as s (statement, place)
$$;

comment on function pydb_internal.telemetry_view_statements(name) is
'CREATE OR REPLACE and COMMENT for the views recent_error, slowest_route, failed_job and privileged_mutation.';

revoke all on function pydb_internal.telemetry_view_statements(name) from public;
