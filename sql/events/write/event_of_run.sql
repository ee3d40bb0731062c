-- pydb_internal.event_of_run (write; trigger): trigger that writes an event where a run begins, ends or changes its
-- state.
-- reads settings   writes pydb_internal.event_waiting   locks nothing
-- raises nothing
create or replace function pydb_internal.event_of_run()
returns trigger
language plpgsql
security definer -- whoever may run; what is written is the row of the run
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pydb_internal.event_add('runs', jsonb_build_object(
        'run', new.id, 'kind', new.kind, 'subject', new.subject, 'dry_run', new.dry_run, 'state', new.state,
        'stop_reason', new.stop_reason, 'rows_done', new.rows_done, 'rows_skipped', new.rows_skipped
    ));
    return null;
end
$$;

comment on function pydb_internal.event_of_run() is
'Writes an event of topic runs: run, kind, subject, dry_run, state, stop_reason, rows_done, rows_skipped.';

revoke all on function pydb_internal.event_of_run() from public;

create or replace trigger job_run_begins_event
after insert on pydb.job_run
for each row when (new.state <> 'queued') execute function pydb_internal.event_of_run();

create or replace trigger job_run_ends_event
after update of state on pydb.job_run
for each row when (old.state is distinct from new.state) execute function pydb_internal.event_of_run();
