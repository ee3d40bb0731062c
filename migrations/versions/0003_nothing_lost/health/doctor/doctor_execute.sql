-- pydb_internal.doctor_execute (doctor; by doctor_rights): may the roles that run jobs execute what a run calls.
-- reads pg_proc, pg_roles   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_execute(p_runners jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- Routines run with the rights of their caller, who needs EXECUTE on all that are called on the way; below a
    -- SECURITY DEFINER its owner does. The calls are read from the bodies, without comments and literals.
    with recursive routine as (
        select
            p.oid, p.proname, p.prosecdef, p.prosrc,
            regexp_replace(p.prosrc, '--[^\n]*|''(?:[^'']|'''')*''', '', 'g') as body
        from pg_proc as p
        inner join pg_namespace as n on n.oid = p.pronamespace
        where n.nspname in ('pydb', 'pydb_internal')
    ),
    runner as (
        select distinct u.role, u.procedure
        from jsonb_to_recordset(p_runners) as u (role text, procedure text)
    ),
    needed as (
        select r.proname as procedure, r.oid from routine as r where r.proname in (select u.procedure from runner as u)
        union
        select n.procedure, c.oid
        from needed as n
        inner join routine as r on r.oid = n.oid and not r.prosecdef
        cross join lateral (
            select m.word[1] as name
            from regexp_matches(r.body, 'pydb(?:_internal)?[.](\w+)\s*[(]', 'g') as m (word)
            union
            -- the hooks of a kind of runs are found by its name
            select k.word[1] || h.hook
            from regexp_matches(r.prosrc, '[.]kind := ''(\w+)''', 'g') as k (word)
            cross join (values ('_open'), ('_turn'), ('_evade'), ('_terms')) as h (hook)
            union
            -- as are the checks of a draft, which run as whoever adds it
            select d.word[1] || '_vet' from regexp_matches(r.prosrc, 'draft_add[(]\s*''(\w+)''', 'g') as d (word)
        ) as m
        inner join routine as c on c.proname = m.name
    ),
    asked as (
        select u.role, n.oid from runner as u inner join needed as n on n.procedure = u.procedure
        union
        select 'pydb_runner', n.oid from needed as n
    ),
    able as (
        select
            r.rolname, string_agg(distinct n.nspname::text, ', ') filter (
                where not has_schema_privilege(r.oid, n.oid, 'USAGE')
            ) as closed,
            array_agg(p.proname order by n.nspname, p.proname) filter (
                where not has_function_privilege(r.oid, p.oid, 'EXECUTE')
            ) as lacks,
            case when g.oid is not null then pg_has_role(r.oid, g.oid, 'MEMBER') end as is_member
        from asked as d
        inner join pg_roles as r on r.rolname = d.role
        left join pg_roles as g on g.rolname = 'pydb_runner'
        inner join pg_proc as p on p.oid = d.oid
        inner join pg_namespace as n on n.oid = p.pronamespace
        group by r.oid, r.rolname, g.oid
    )
    select
        'rights', 'error', 'missing_execute', 'a role that runs jobs may not execute what a run calls',
        format('%s lacks %s', a.rolname, concat_ws(
            ' and ', 'USAGE on schema ' || a.closed,
            format('EXECUTE on %s routines: %s', cardinality(a.lacks), left(array_to_string(a.lacks, ', '), 300))
        )),
        case
            -- pydb_runner is as it should be, the role only has to have it
            when exists (
                select from able as o where o.rolname = 'pydb_runner' and o.closed is null and o.lacks is null
            ) then
                case
                    when not a.is_member then format('grant pydb_runner to %I;', a.rolname)
                    when current_setting('server_version_num')::integer < 160000
                        then format('alter role %I inherit;', a.rolname)
                    else format('grant pydb_runner to %I with inherit true;', a.rolname)
                end
            else 'in psql, as a superuser: \i ops/postgresql/roles.sql'
                || case when a.is_member is true then '' else format(' then: grant pydb_runner to %I;', a.rolname) end
        end
    from able as a
    where a.rolname in (select u.role from runner as u) and (a.lacks is not null or a.closed is not null)
    order by a.rolname
$$;

comment on function pydb_internal.doctor_execute(jsonb) is
'Rows of pydb.doctor about roles that lack EXECUTE on the procedure that they run, on what it calls, or USAGE on the
schema. p_runners = array of objects with role and procedure.';

revoke all on function pydb_internal.doctor_execute(jsonb) from public;
