-- pydb_internal.schedule_sources (jobs): what can be scheduled, and what keeps a part of it from being called.
-- reads pydb.schedule_source, pg_proc   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_sources()
returns table (
    procedure text,
    kind text,
    subjects text,
    schedule text,
    since timestamptz,
    job_prefix text,
    run_subject text,
    housekeeping boolean,
    problem text
)
language sql
stable
security definer -- who sees schedules needs no right on the table
set search_path = pg_catalog, pg_temp
as $$
    select
        s.procedure, s.kind, s.subjects, s.schedule, s.updated_at, s.job_prefix, s.run_subject, s.housekeeping,
        case
            when not exists (
                select from pg_proc as p
                inner join pg_namespace as n on n.oid = p.pronamespace
                cross join lateral (select (s.subjects is not null)::integer as arguments) as g
                where n.nspname = 'pydb' and p.proname = s.procedure and p.prokind = 'p'
                    and g.arguments between p.pronargs - p.pronargdefaults and p.pronargs
                    and (g.arguments = 0 or p.proargtypes[0] = 'text'::regtype)
            ) then format('procedure pydb.%s is gone, or takes other arguments', s.procedure)
            when s.subjects is not null and not exists (
                select from pg_proc as p
                inner join pg_namespace as n on n.oid = p.pronamespace
                where n.nspname = split_part(s.subjects, '.', 1) and p.proname = split_part(s.subjects, '.', 2)
                    and p.prokind = 'f' and p.pronargs = 0
            ) then format('routine %s, which lists its schedules, is gone', s.subjects)
        end
    from pydb.schedule_source as s
    order by s.procedure
$$;

comment on function pydb_internal.schedule_sources() is
'Rows of pydb.schedule_source for those who look at schedules. problem = why it has no jobs (its procedure is gone), or
null.';

revoke all on function pydb_internal.schedule_sources() from public;
