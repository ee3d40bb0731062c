-- pydb.governor_status: what each indicator of the governor says now, and what runs make of it.
-- reads what the indicators read, pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.governor_status as
select
    r.indicator,
    r.value,
    r.unit,
    r.threshold,
    r.signal,
    case
        when not pydb_internal.setting_get('governor')::boolean then 'off'
        when r.signal = 'ok' then 'go on'
        when r.signal = 'slow' then 'go slower'
        when r.signal = 'not_available' then 'not looked at'
        else 'rest'
    end as decision,
    j.since,
    r.reason,
    r.back_off,
    r.patience,
    j.runs
from pydb_internal.governor_read(null) as r
cross join lateral (
    select min(j.governor_since) as since, array_agg(j.id order by j.id) filter (where j.id is not null) as runs
    from pydb.job_run as j
    where j.state = 'running' and j.governor_indicator = r.indicator
) as j;

comment on view pydb.governor_status is
'What the indicators of the governor say now, of the whole database, and which runs rest or go slower for them.';
comment on column pydb.governor_status.indicator is 'Name of the indicator.';
comment on column pydb.governor_status.value is 'What it is now; null = unknown, or not available.';
comment on column pydb.governor_status.unit is 'Unit of value and threshold.';
comment on column pydb.governor_status.threshold is 'Above it runs rest, above half of it they go slower.';
comment on column pydb.governor_status.signal is 'ok, slow, stop, unknown or not_available.';
comment on column pydb.governor_status.decision is
'What a run does about it: go on, go slower, rest, not looked at; off = the setting governor is off.';
comment on column pydb.governor_status.since is 'Since when a run goes slower or rests for it; null = none does.';
comment on column pydb.governor_status.reason is 'What it is told from, or why it is not known.';
comment on column pydb.governor_status.back_off is 'How long a run rests before it looks again.';
comment on column pydb.governor_status.patience is 'How long a run rests before it ends as partial (governor).';
comment on column pydb.governor_status.runs is 'Runs that go slower or rest for it; null = none.';

revoke all on pydb.governor_status from public;
