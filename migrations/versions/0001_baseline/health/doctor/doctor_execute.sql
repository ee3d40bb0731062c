-- pydb_internal.doctor_execute (doctor; by doctor_rights): may the roles that run policies execute what a run calls.
-- reads pg_proc, pg_roles   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_execute(p_roles text[])
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
    -- Routines run with the rights of their caller, who needs EXECUTE on all that are called on the way; below a
    -- SECURITY DEFINER its owner does. The calls are read from the bodies, without comments and literals.
    with recursive routine as (
        select
            p.oid, p.proname, p.prosecdef, p.pronamespace,
            regexp_replace(p.prosrc, '--[^\n]*|''(?:[^'']|'''')*''', '', 'g') as body
        from pg_proc as p
        join pg_namespace as n on n.oid = p.pronamespace
        where n.nspname in ('pydb', 'pydb_internal')
    ),
    needed as (
        select r.oid from routine as r where r.proname = 'retention_run'
        union
        select c.oid
        from needed as n
        join routine as r on r.oid = n.oid and not r.prosecdef
        cross join lateral regexp_matches(r.body, 'pydb(?:_internal)?[.](\w+)\s*[(]', 'g') as m (word)
        join routine as c on c.proname = m.word[1]
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
        from pg_roles as r
        left join pg_roles as g on g.rolname = 'pydb_runner'
        cross join needed as d
        join pg_proc as p on p.oid = d.oid
        join pg_namespace as n on n.oid = p.pronamespace
        where r.rolname = any (p_roles || 'pydb_runner'::text)
        group by r.oid, r.rolname, g.oid
    )
    select
        'rights', 'error', 'missing_execute', 'a role that runs policies may not execute what a run calls',
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
    where a.rolname = any (p_roles) and (a.lacks is not null or a.closed is not null)
    order by a.rolname
$function$;

comment on function pydb_internal.doctor_execute(text[]) is
'Rows of pydb.doctor about roles that lack EXECUTE on pydb.retention_run, on what it calls, or USAGE on the schema.';

revoke all on function pydb_internal.doctor_execute(text[]) from public;
