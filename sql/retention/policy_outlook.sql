-- pydb.policy_outlook: does each policy keep up, and if not, when will it.
-- reads what pydb.retention_outlook reads   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.policy_outlook as
select
    o.policy,
    o.target,
    o.state,
    o.is_overdue,
    o.reason,
    o.overdue_since,
    o.backlog,
    o.backlog_now,
    o.due_per_day,
    o.deleted_per_day,
    o.catches_up,
    o.catches_up_at,
    o.short_per_day,
    o.outlook,
    o.known_at,
    o.known_for,
    o.basis,
    o.last_run_id,
    o.last_state,
    o.last_reason,
    o.last_run_at
from pydb.retention_outlook() as o;

comment on view pydb.policy_outlook is
'One row a policy: is it overdue and why, how much is left, will it catch up and when. By the log of runs, not by
counting.';
comment on column pydb.policy_outlook.policy is 'Policy.';
comment on column pydb.policy_outlook.target is 'Its table.';
comment on column pydb.policy_outlook.state is
'through (its last run left nothing), catching_up, never (as many rows come as go, or more) or unknown (its rows
were counted over less than an hour since it was set or changed).';
comment on column pydb.policy_outlook.is_overdue is
'True: rows are left that should have gone, or it has not run when it was to; null = not known.';
comment on column pydb.policy_outlook.reason is
'Why it is overdue: the stop reason of its last run, paused, disabled, kill_switch, not_run (its schedule has passed) or
left (nobody has run it since); not_counted where nothing is known.';
comment on column pydb.policy_outlook.overdue_since is
'When nothing was left, last; where that never was, when its rows were first counted.';
comment on column pydb.policy_outlook.backlog is 'Rows that were left at known_at.';
comment on column pydb.policy_outlook.backlog_now is
'Rows that are due by now: those, and what comes in that time at due_per_day. An estimate.';
comment on column pydb.policy_outlook.due_per_day is 'Rows that cross the boundary a day, over basis.';
comment on column pydb.policy_outlook.deleted_per_day is
'Rows that its runs delete a day, over basis; 0 while it is paused or disabled.';
comment on column pydb.policy_outlook.catches_up is 'Whether it will catch up; null = not known.';
comment on column pydb.policy_outlook.catches_up_at is 'When it will have, where rows are left.';
comment on column pydb.policy_outlook.short_per_day is 'By how many rows a day it falls short, where it will not.';
comment on column pydb.policy_outlook.outlook is 'The same as a sentence.';
comment on column pydb.policy_outlook.known_at is 'When its rows were counted, last.';
comment on column pydb.policy_outlook.known_for is 'How long ago that is: no table is counted for this view.';
comment on column pydb.policy_outlook.basis is
'Time over which rows were seen to come and go: since rows are left, else up to 28 days; the last week counts most.';
comment on column pydb.policy_outlook.last_run_id is 'Its last run, dry ones left out.';
comment on column pydb.policy_outlook.last_state is 'How it ended.';
comment on column pydb.policy_outlook.last_reason is 'And why.';
comment on column pydb.policy_outlook.last_run_at is 'When it began.';

revoke all on pydb.policy_outlook from public;
