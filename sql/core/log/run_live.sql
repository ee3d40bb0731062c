-- pydb_internal.run_live (log): the runs that the log takes for live.
-- reads pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_live(p_kind text, p_subject text)
returns table (
    id bigint,
    subject text,
    pid integer,
    backend_start timestamptz,
    started_at timestamptz,
    heartbeat_at timestamptz,
    request uuid
)
language plpgsql -- it keeps its plan
stable
security definer -- runners see who holds the place without a right on the log
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select r.id, r.subject, r.pid, r.backend_start, r.started_at, r.heartbeat_at, r.request
    from pydb.job_run as r
    where r.state = 'running' and (p_kind is null or r.kind = p_kind) and (p_subject is null or r.subject = p_subject);
end
$$;

comment on function pydb_internal.run_live(text, text) is
'Runs in state running, with the process that made them. A null kind or subject means all.';

revoke all on function pydb_internal.run_live(text, text) from public;
