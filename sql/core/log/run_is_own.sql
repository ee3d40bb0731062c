-- pydb_internal.run_is_own (log): is this a live run of this very server process.
-- reads pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_is_own(p_run_id bigint, p_kind text)
returns boolean
language plpgsql -- it keeps its plan: asked at each batch
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question at each batch
as $$
begin
    return exists (
        select 1 from pydb.job_run as r
        where r.id = p_run_id and r.run_kind = p_kind and r.state in ('running', 'queued') and not r.dry_run
            and r.pid = pg_backend_pid() and r.started_at >= statement_timestamp()
    );
end
$$;

comment on function pydb_internal.run_is_own(bigint, text) is
'True for a run of that kind that this process has opened in the statement that it is at, and not closed (queued:
a run of one transaction, see run_open_within). For routines that run as the owner.';

revoke all on function pydb_internal.run_is_own(bigint, text) from public;
