-- pydb_internal.schedule_subjects (jobs; by schedule_jobs): the schedules of one source: its own, or those of all its
-- subjects.
-- reads what the routine of the source reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_subjects(p_subjects text, p_schedule text, p_since timestamptz)
returns table (subject text, schedule text, wanted boolean, idle boolean, since timestamptz)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_subjects is not null then
        -- a constraint of pydb.schedule_source lets nothing in but schema.routine
        return query execute format(
            'select s.subject, s.schedule, s.wanted, s.idle, s.since from %s() as s', p_subjects
        );
    elsif p_schedule is not null then
        return query select null::text, p_schedule, true, false, p_since;
    end if;
end
$$;

comment on function pydb_internal.schedule_subjects(text, text, timestamptz) is
'What p_subjects lists (pydb.schedule_source.subjects), or, where that is null, one row without a subject if there is a
schedule.';

revoke all on function pydb_internal.schedule_subjects(text, text, timestamptz) from public;
