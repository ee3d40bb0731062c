-- pydb_internal.doctor_sources (doctor): can everything be called that may be scheduled.
-- reads pydb.schedule_source, pg_proc   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_sources()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        'jobs', 'error', 'procedure_gone', format('what should be scheduled cannot be called: %s', s.procedure),
        s.problem || ': it has no jobs, whatever is set', 'pydb migrate check'
    from pydb_internal.schedule_sources() as s
    where s.problem is not null
$$;

comment on function pydb_internal.doctor_sources() is
'Rows of pydb.doctor about what can be scheduled (pydb.schedule_source) and cannot be called.';

revoke all on function pydb_internal.doctor_sources() from public;
