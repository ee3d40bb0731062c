-- pydb_internal.run_last (log; by retention_resume_position): the newest ended run of a subject that tried to do
-- something.
-- reads pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_last(p_kind text, p_subject text)
returns table (id bigint, state text, detail jsonb)
language plpgsql -- it keeps its plan
stable
security definer -- see pydb_internal.run_live
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select r.id, r.state, r.detail
    from pydb.job_run as r
    where r.kind = p_kind and r.subject = p_subject and not r.dry_run
        and r.state not in ('queued', 'running', 'skipped')
    order by r.id desc
    limit 1;
end
$$;

comment on function pydb_internal.run_last(text, text) is
'Newest ended, not skipped run of a subject: id, state, detail.';

revoke all on function pydb_internal.run_last(text, text) from public;
