-- pydb_internal.doctor_rights (doctor; by doctor): as whom do policies and jobs run, and may that role do what a run
-- does.
-- reads pydb.retention_policy, pydb.schedule_source, pydb.setting, catalogs   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_rights(p_cron jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_runners constant jsonb := (
        select coalesce(jsonb_agg(to_jsonb(u)), '[]') from pydb_internal.doctor_runners(p_cron) as u
    );
    v_sync constant text := case
        when p_cron ->> 'database' <> current_database() then 'pydb schedule sync'
        else 'select * from pydb.schedule_sync();'
    end;
    -- pydb_runner itself cannot log in
    v_login constant text := concat_ws(
        ' ', case when to_regrole('pydb_runner') is null then 'in psql: \i ops/postgresql/roles.sql then:' end,
        'create role nightly login in role pydb_runner;',
        case when p_cron ->> 'database' = current_database() then 'grant usage on schema cron to nightly;' end,
        'select pydb.setting_set(''schedule_role'', ''nightly'');', v_sync
    );
    v_found boolean;
begin
    return query
    select
        'rights', k.status, k.reason, k.what, left(string_agg(distinct k.said, '; '), 1000), (
            -- each line once, however many policies want it, and none of them cut
            select string_agg(h.line, ' ' order by h.place)
            from (
                select l.line, min(l.place) as place
                from unnest(array_agg(k.hint) || array_agg(array_to_string(g.grants, E'\n')
                    ) filter (where k.reason = 'missing_privilege')) as u (lines)
                cross join lateral regexp_split_to_table(u.lines, E'\n') with ordinality as l (line, place)
                group by l.line
                order by 2, 1
                limit 50
            ) as h
        )
    from jsonb_to_recordset(v_runners) as u (
        policy text, procedure text, role text, origin text, exists_role boolean, is_super boolean, may_login boolean
    )
    left join pydb.retention_policy as p on p.name = u.policy
    left join pg_class as c on c.oid = p.target
    left join pydb_internal.doctor_grants(v_runners) as g on g.policy = p.name
    cross join lateral (
        values
        (
            p.name is not null and c.oid is null, 'error', 'target_gone', 'the table of a policy is gone',
            format('%s: %s', p.name, p.target_name),
            format('select pydb.retention_policy_drop(%L);', p.name)
        ),
        (
            not u.exists_role, 'error', 'role_gone', 'the role that should run a job does not exist',
            coalesce(p.name, u.procedure),
            'select pydb.setting_set(''schedule_role'', ''name of a role''); ' || v_sync
        ),
        (
            u.exists_role and not u.may_login and u.origin in ('job', 'setting'), 'error', 'no_login',
            'the role that should run the jobs cannot log in', u.role, v_login
        ),
        (
            g.grants is not null, 'error', 'missing_privilege',
            'the role that runs a policy lacks rights on its tables',
            format('%s on %s as %s', p.name, pydb_internal.relation_name(c.oid), u.role), null
        ),
        (u.is_super and u.origin = 'job', 'degraded', 'superuser', 'jobs run as a superuser', u.role, v_login)
    ) as k (applies, status, reason, what, said, hint)
    where k.applies
    group by k.status, k.reason, k.what;
    v_found := found;
    return query select d.* from pydb_internal.doctor_hurdles(v_runners) as d;
    return query select d.* from pydb_internal.doctor_execute(v_runners) as d;
    if not found and not v_found then
        return query select
            'rights', 'ok', 'sufficient',
            format('the roles that run %s policies%s have what they need', count(u.policy), case
                when count(*) > count(u.policy) then format(' and %s other jobs', count(*) - count(u.policy))
            end),
            null::text, null::text
        from jsonb_to_recordset(v_runners) as u (policy text);
    end if;
end
$$;

comment on function pydb_internal.doctor_rights(jsonb) is
'Rows of pydb.doctor about the roles that policies and jobs run as: login, privileges on tables, EXECUTE, superusers.';

revoke all on function pydb_internal.doctor_rights(jsonb) from public;
