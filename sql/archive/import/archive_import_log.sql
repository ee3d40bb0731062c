-- pydb_internal.archive_import_log (import; by archive_import): enter an import into the log of runs, at its end.
-- writes pydb.job_run   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_import_log(p_steps pydb.archive_step[], p_started timestamptz)
returns bigint
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.run_log_done(
        'archive', case count(*)
            when 1 then 'import into ' || min(s.relation) else format('import into %s tables', count(*))
        end, coalesce(sum(s.restored), 0)::bigint, coalesce(sum(s.conflicts), 0)::bigint, false, p_started, null,
        jsonb_strip_nulls(jsonb_build_object('relations', jsonb_object_agg(s.relation, s.restored))),
        'archive_import', null
    )
    from unnest(p_steps) as s
$$;

comment on function pydb_internal.archive_import_log(pydb.archive_step[], timestamptz) is
'The id of a run of kind archive: completed, or partial (no_progress) where rows conflict, with the rows by table.';

revoke all on function pydb_internal.archive_import_log(pydb.archive_step[], timestamptz) from public;
