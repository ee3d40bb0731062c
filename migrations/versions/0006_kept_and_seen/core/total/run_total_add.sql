-- pydb_internal.run_total_add (total; trigger): trigger that adds a run to the totals when it ends, in the same
-- transaction.
-- reads pydb.setting   reads and writes pydb.metric_total   locks nothing that anybody waits for
-- raises nothing
create or replace function pydb_internal.run_total_add()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_subject constant text := pydb_internal.total_subject(new.kind, new.subject);
    v_seconds constant numeric := greatest(extract(epoch from new.finished_at - new.started_at), 0);
    v_ran constant boolean := new.state <> 'skipped';
begin
    insert into pydb.metric_total (metric, subsystem, subject, label, value, at)
    select t.metric, new.kind, t.subject, t.label, t.value, new.finished_at
    from (
        values
        ('runs', v_subject, pydb_internal.run_outcome(new.state, new.stop_reason, new.sqlstate), 1::numeric),
        ('rows', v_subject, 'selected', new.rows_planned),
        ('rows', v_subject, pydb_internal.run_action(new), new.rows_done),
        ('rows', v_subject, 'skipped', new.rows_skipped),
        ('batches', '', '', new.batches),
        ('run_seconds', '', '', case when v_ran then v_seconds end),
        ('run_bucket', '', pydb_internal.total_bucket(
            v_seconds, '{0.1,0.3,1,3,10,30,60,300,600,1800,3600}'
        ), case when v_ran then 1 end),
        ('cascade_planned', '', '', case when new.kind = 'cascade' and new.state = 'completed'
            then new.rows_planned end),
        ('cascade_deleted', '', '', case when new.kind = 'cascade' and new.state = 'completed' then new.rows_done end),
        -- what goes is compared with its plan before it is committed; then the run fails by this code
        ('cascade_mismatch', '', '', case when new.kind = 'cascade' and new.sqlstate = 'YD304' then 1 end)
    ) as t (metric, subject, label, value)
    where t.value > 0;
    perform pydb_internal.total_fold(new.kind, v_subject);
    perform pydb_internal.total_fold(new.kind, '');
    return null;
exception when lock_not_available then
    return null; -- who locks the totals keeps no run from being closed
end
$$;

comment on function pydb_internal.run_total_add() is
'Adds how a run ended, its rows, its batches and its time to pydb.metric_total: rows that no run ever changes or waits
for. Dry runs do not count.';

revoke all on function pydb_internal.run_total_add() from public;

create or replace trigger run_total_add
after insert on pydb.job_run
for each row
when (new.finished_at is not null and not new.dry_run)
execute function pydb_internal.run_total_add();

create or replace trigger run_total_add_ended
after update of state on pydb.job_run
for each row
when (old.finished_at is null and new.finished_at is not null and not new.dry_run)
execute function pydb_internal.run_total_add();
