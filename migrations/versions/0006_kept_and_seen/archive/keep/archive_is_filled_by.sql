-- pydb_internal.archive_is_filled_by (keep): is this a live run of this very server process, of a kind that archives.
-- reads pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_is_filled_by(p_run_id bigint)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.run_is_own(p_run_id, 'retention') or pydb_internal.run_is_own(p_run_id, 'cascade')
        or pydb_internal.run_is_own(p_run_id, 'export');
end
$$;

comment on function pydb_internal.archive_is_filled_by(bigint) is
'True for a live retention run, cascade or export of this process: see run_is_own.';

revoke all on function pydb_internal.archive_is_filled_by(bigint) from public;
