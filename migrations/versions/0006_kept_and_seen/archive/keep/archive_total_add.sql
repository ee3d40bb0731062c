-- pydb_internal.archive_total_add (keep; trigger): trigger that adds what a run has archived to the totals, when it
-- ends.
-- reads pydb.archive_run, pydb.setting   reads and writes pydb.metric_total   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_total_add()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into pydb.metric_total (metric, subsystem, subject, label, value, at)
    select
        'rows', new.kind, pydb_internal.total_subject(new.kind, new.subject), 'archived', sum(a.rows), new.finished_at
    from pydb.archive_run as a
    where a.run_id = new.id
    having sum(a.rows) > 0;
    return null;
exception when lock_not_available then
    return null; -- who locks the totals keeps no run from being closed
end
$$;

comment on function pydb_internal.archive_total_add() is
'Adds the rows that a run of a policy or a cascade put into archives to pydb.metric_total.';

revoke all on function pydb_internal.archive_total_add() from public;

create or replace trigger archive_total_add
after insert on pydb.job_run
for each row
when (new.finished_at is not null and new.kind in ('retention', 'cascade') and new.rows_done > 0)
execute function pydb_internal.archive_total_add();

create or replace trigger archive_total_add_ended
after update of state on pydb.job_run
for each row
when (
    old.finished_at is null and new.finished_at is not null and new.kind in ('retention', 'cascade')
    and new.rows_done > 0
)
execute function pydb_internal.archive_total_add();
