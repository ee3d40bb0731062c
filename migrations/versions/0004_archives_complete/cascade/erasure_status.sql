-- pydb.erasure_status: the ledger of erasures, with the days to each deadline.
-- reads pydb.erasure, pydb.cascade_job, pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.erasure_status as
select
    e.id, e.entity, e.root_name, e.job, cardinality(e.key_hashes) as keys,
    -- its run was refused before the first row went; the next one may do it
    case when e.state = 'started' and r.state = 'blocked' and j.rows_done = 0 then 'refused' else e.state end as state,
    case when e.state = 'started' and r.state = 'blocked' and j.rows_done = 0 then 'blocked' else e.refusal end
        as refusal, e.reason, e.requested_by, e.requested_at,
    e.approved_by, e.approved_at, e.deadline,
    case when e.finished_at is null
        then round((extract(epoch from e.deadline - clock_timestamp()) / 86400)::numeric, 2) end as days_left,
    e.finished_at is null and e.deadline < clock_timestamp() as overdue, e.started_at, e.finished_at, e.rows_planned,
    case when e.finished_at is null then coalesce(j.rows_done, e.rows_done) else e.rows_done end as rows_done,
    e.remaining, e.rescanned_at, e.run_ids, r.state as run_state, r.stop_reason, e.holds, e.replay_of, e.imported_at,
    e.purge
from pydb.erasure as e
left join pydb.cascade_job as j on j.id = e.job
left join pydb.job_run as r on r.id = e.run_ids[cardinality(e.run_ids)];

comment on view pydb.erasure_status is
'The ledger of erasures without salts and hashes: what was asked for, how far it is, and how long there is time.';
comment on column pydb.erasure_status.id is 'Id of the erasure.';
comment on column pydb.erasure_status.entity is 'Entity whose rows were to go.';
comment on column pydb.erasure_status.root_name is 'Its root table, at that time.';
comment on column pydb.erasure_status.job is 'Its cascade job; null where it was one transaction.';
comment on column pydb.erasure_status.keys is 'Root keys that were named.';
comment on column pydb.erasure_status.state is
'requested, started, completed or refused; a job that was blocked before its first row went is refused.';
comment on column pydb.erasure_status.refusal is 'Why: blocked, not_approved, cancelled or error; null = not refused.';
comment on column pydb.erasure_status.reason is 'Why it was asked for, in the requester''s words.';
comment on column pydb.erasure_status.requested_by is 'Login role that asked for it.';
comment on column pydb.erasure_status.requested_at is 'When that was.';
comment on column pydb.erasure_status.approved_by is 'Login role that approved it.';
comment on column pydb.erasure_status.approved_at is 'When that was.';
comment on column pydb.erasure_status.deadline is 'When it must be done.';
comment on column pydb.erasure_status.days_left is
'Days to the deadline, negative beyond it; null once it is completed or refused.';
comment on column pydb.erasure_status.overdue is 'True: the deadline is over, and it is neither completed nor refused.';
comment on column pydb.erasure_status.started_at is 'When its first run began.';
comment on column pydb.erasure_status.finished_at is 'When it was completed or refused.';
comment on column pydb.erasure_status.rows_planned is 'Rows that were to be deleted.';
comment on column pydb.erasure_status.rows_done is 'Rows that were deleted so far.';
comment on column pydb.erasure_status.remaining is 'Rows found after the last delete; null = not looked for yet.';
comment on column pydb.erasure_status.rescanned_at is 'When that was looked for.';
comment on column pydb.erasure_status.run_ids is 'Its runs in pydb.job_run.';
comment on column pydb.erasure_status.run_state is 'State of the last of them.';
comment on column pydb.erasure_status.stop_reason is 'Why that ended.';
comment on column pydb.erasure_status.holds is 'Names of holds that keep parts of it.';
comment on column pydb.erasure_status.replay_of is 'The erasure that this one repeated, after a restore.';
comment on column pydb.erasure_status.imported_at is 'When it was read from a file; null = made here.';
comment on column pydb.erasure_status.purge is 'True: for good, with what archives and the quarantine held.';

revoke all on pydb.erasure_status from public;
