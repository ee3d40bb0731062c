-- pydb.run_list: the runs of every kind: state, reason, how far, what next.
-- reads pydb.job_run, pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.run_list as
select
    r.id,
    r.kind,
    r.subject,
    r.dry_run,
    r.state,
    r.stop_reason,
    r.rows_planned,
    r.rows_done,
    case
        when r.state = 'completed' then 1
        -- a scan counts references
        when (r.plan || r.detail) ? 'references'
            then round(
                ((r.plan || r.detail) ->> 'finished')::numeric
                / nullif(((r.plan || r.detail) ->> 'references')::numeric, 0), 4
            )
        else round(least(r.rows_done, r.rows_planned)::numeric / nullif(r.rows_planned, 0), 4)
    end as progress,
    r.started_at,
    r.finished_at,
    r.heartbeat_at,
    r.actor,
    pydb_internal.run_is_dead(r) as is_dead,
    pydb_internal.run_advice(r) as next_step,
    r.sqlstate,
    r.error
from pydb.job_run as r;

comment on view pydb.run_list is 'Runs of every kind, one row each: state, reason, progress and what to do next.';
comment on column pydb.run_list.id is 'Run id.';
comment on column pydb.run_list.kind is 'Domain of the run: retention, cascade, orphans, idempotency, archive.';
comment on column pydb.run_list.subject is
'What ran: a policy; job 5, or the root of a cascade; scan, or repair and the reference.';
comment on column pydb.run_list.dry_run is 'True if the run only looked.';
comment on column pydb.run_list.state is 'State of the run, see pydb.job_run.';
comment on column pydb.run_list.stop_reason is 'Why it ended, see pydb.job_run; null while it runs.';
comment on column pydb.run_list.rows_planned is 'Rows that the plan counted at the start; null if there was no count.';
comment on column pydb.run_list.rows_done is 'Rows deleted or changed.';
comment on column pydb.run_list.progress is
'Share that is done, 0 to 1: of the planned rows, of the references of a scan; null if that is not known.';
comment on column pydb.run_list.started_at is 'Start.';
comment on column pydb.run_list.finished_at is 'End; null while it runs.';
comment on column pydb.run_list.heartbeat_at is 'Last sign of life.';
comment on column pydb.run_list.actor is 'Login role that started it.';
comment on column pydb.run_list.is_dead is
'True: the log takes it for live, but its server process is gone, or has gone on to something else.';
comment on column pydb.run_list.next_step is
'What to do next, with the command; null: nothing, or a later run has taken over.';
comment on column pydb.run_list.sqlstate is 'SQLSTATE of the error met last.';
comment on column pydb.run_list.error is 'Message of that error.';

revoke all on pydb.run_list from public;
