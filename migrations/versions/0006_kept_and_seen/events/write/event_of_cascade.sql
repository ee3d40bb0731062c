-- pydb_internal.event_of_cascade (write; trigger): trigger that writes an event where a cascade job is requested or
-- changes its state.
-- reads settings   writes pydb_internal.event_waiting   locks nothing
-- raises nothing
create or replace function pydb_internal.event_of_cascade()
returns trigger
language plpgsql
security definer -- whoever may request or run a job; what is written is its number, names and counts, no keys
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pydb_internal.event_add('cascades', jsonb_build_object(
        'job', new.id, 'entity', new.entity, 'root', new.root_name, 'state', new.state, 'run', new.run_id,
        'rows_planned', new.rows_planned, 'rows_done', new.rows_done
    ));
    return null;
end
$$;

comment on function pydb_internal.event_of_cascade() is
'Writes an event of topic cascades: job, entity, root, state, run, rows_planned, rows_done; no keys.';

revoke all on function pydb_internal.event_of_cascade() from public;

create or replace trigger cascade_job_begins_event
after insert on pydb.cascade_job
for each row execute function pydb_internal.event_of_cascade();

create or replace trigger cascade_job_state_event
after update of state on pydb.cascade_job
for each row when (old.state is distinct from new.state) execute function pydb_internal.event_of_cascade();
