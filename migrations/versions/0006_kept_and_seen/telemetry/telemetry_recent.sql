-- pydb.telemetry_recent: what one asks first of each schema with telemetry, as the page shows it.
-- reads pydb.telemetry and its tables, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.telemetry_recent(p_limit integer default 20, p_now timestamptz default null)
returns table (
    name text,
    look text,
    shown jsonb,
    problem text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- of very many rows the newest speak for all
    c_error constant text := $q$
        select to_jsonb(s) from (
            select t.recorded_at, t."http.request.method" as method, t."http.route" as route, t."url.path" as path,
                t."http.response.status_code" as status, t."error.type" as error, t."user.id" as actor
            from (select t.* from %s as t where t.recorded_at > $1 - interval '24 hours' and t.recorded_at <= $1
                order by t.recorded_at desc limit 100000) as t
            where t."error.type" is not null order by t.recorded_at desc limit $2
        ) as s$q$;
    c_slow constant text := $q$
        select to_jsonb(s) from (
            select w.method, w.route, round(sum(w.weight)) as requests,
                sum(w.duration * w.weight) / sum(w.weight) as average,
                min(w.duration) filter (where w.upto >= 0.95 * w.total) as p95, max(w.duration) as maximum,
                coalesce(sum(w.weight) filter (where w.status >= 500), 0) / sum(w.weight) as error_share
            from (
                select t.*, sum(t.weight) over (partition by t.method, t.route order by t.duration
                        rows unbounded preceding) as upto, sum(t.weight) over (partition by t.method, t.route) as total
                from (select t."http.request.method" as method, t."http.route" as route, 1 / t.sample_rate as weight,
                        t."http.server.request.duration" as duration, t."http.response.status_code" as status
                    from %s as t where t.recorded_at > $1 - interval '24 hours' and t.recorded_at <= $1
                    order by t.recorded_at desc limit 100000) as t
            ) as w
            group by w.method, w.route order by p95 desc, w.method, w.route limit $2
        ) as s$q$;
    c_job constant text := $q$
        select to_jsonb(s) from (
            select t.recorded_at, t.job_name as job, t.job_id, t.duration, t."error.type" as kind, t.error
            from %s as t where t.state = 'failed' and t.recorded_at > $1 - interval '7 days' and t.recorded_at <= $1
            order by t.recorded_at desc limit $2
        ) as s$q$;
    c_change constant text := $q$
        select to_jsonb(s) from (
            select t.recorded_at, t.actor, t.action, t.resource, t.status
            from %s as t where t.privileged and t.recorded_at > $1 - interval '30 days' and t.recorded_at <= $1
            order by t.recorded_at desc limit $2
        ) as s$q$;
    v_one record;
begin
    for v_one in
        select t.name, l.look, l.relation, l.query
        from pydb.telemetry as t
        cross join lateral (
            values (1, 'error', t.request_table, c_error), (2, 'slow', t.request_table, c_slow),
            (3, 'job', t.job_table, c_job), (4, 'change', t.audit_table, c_change)
        ) as l (place, look, relation, query)
        order by t.name, l.place
    loop
        name := v_one.name;
        look := v_one.look;
        shown := null;
        begin
            problem := pydb_internal.telemetry_problem(v_one.relation);
            if problem is null then
                for shown in execute format(v_one.query, v_one.relation)
                    using coalesce(p_now, clock_timestamp()), greatest(1, least(p_limit, 1000))
                loop
                    return next;
                end loop;
            end if;
        exception when others then -- one that is gone, or may not be read, hides no other
            problem := sqlerrm;
        end;
        if problem is not null then
            shown := null;
            return next;
        end if;
    end loop;
end
$$;

comment on function pydb.telemetry_recent(integer, timestamptz) is
'What one asks first of each schema with telemetry, at most p_limit rows a look: error (requests of 24 hours that ended
with an error, newest first), slow (routes of 24 hours by their 95th percentile, each row weighed by 1 / sample_rate; of
more than 100 000 requests the newest), job (jobs of 7 days that failed), change (privileged changes of 30 days). shown
= the row; problem = why a look cannot be made.';

revoke all on function pydb.telemetry_recent(integer, timestamptz) from public;
