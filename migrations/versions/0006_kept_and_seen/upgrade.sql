-- what 0006 changes about tables, in the order of its rooms

-- core: the list of runs of one state
create index job_run_state_idx on pydb.job_run (state, kind, started_at);

-- core: totals that outlive the log of runs
alter type pydb_internal.run_state add attribute tally jsonb;
comment on column pydb_internal.run_state.tally is
'Times of its batches and what it tried again, for the totals of metrics: see pydb_internal.run_tally.';

create table pydb.metric_total (
    metric text not null,
    subsystem text not null,
    subject text not null default '',
    label text not null default '',
    value numeric not null,
    at timestamptz
);

create index metric_total_subject_idx on pydb.metric_total (subsystem, subject);

comment on table pydb.metric_total is
'Totals of runs that outlive their log: the sum of value over the rows of a total, the newest of at. A run adds rows
when it ends, in the same transaction, and changes none, so that no two of them wait for each other; now and then the
rows of a total are made one. pydb.metric shows them.';
comment on column pydb.metric_total.metric is
'runs (label = how they ended), rows (label = what became of them), batches, run_seconds and batch_seconds, run_bucket
and batch_bucket (label = upper bound in seconds), retries (label = class of the SQLSTATE), cascade_planned,
cascade_deleted, cascade_mismatch.';
comment on column pydb.metric_total.subsystem is 'Kind of the runs, as in pydb.job_run.';
comment on column pydb.metric_total.subject is
'Policy, or the first word of another subject; other where too many have a name (setting metric_subjects); empty = of
all.';
comment on column pydb.metric_total.label is 'What is told apart; empty = nothing.';
comment on column pydb.metric_total.value is 'What is to be added; exact, so that no sum ever goes back.';
comment on column pydb.metric_total.at is 'When the newest of them ended; null = not known.';

revoke all on pydb.metric_total from public;

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'metric_subjects', '200', 'integer', '1', '10000',
    'so many policies, references and the like have metrics of their own; the rest is "other" (integer, 1 to 10000)'
);

-- core: what the log of runs still has begins them
with ended as materialized (
    select
        r.kind, r.finished_at as at, case
                when r.state = 'completed' then 'success'
                when r.stop_reason = 'no_progress' then 'no_progress'
                when r.state = 'failed' then 'error'
                when r.state = 'skipped' and r.stop_reason = 'locked' then 'skipped_locked'
                when r.state <> 'blocked' then r.state
                when r.sqlstate = 'YD404' or r.error ~ 'row.level security|row security' then 'blocked_rls'
                when r.stop_reason = 'fuse' or r.sqlstate like 'YD84%' then 'blocked_guard'
                when r.stop_reason = 'held' then 'blocked_held'
                when r.stop_reason = 'locked' then 'blocked_lock'
                when r.stop_reason = 'referenced' then 'blocked_referenced'
                else 'blocked'
            end as outcome,
        case
            when r.kind = 'archive' then case r.run_kind
                when 'archive_purge' then 'purged' when 'archive_export' then 'exported' else 'restored'
            end
            when r.kind = 'orphans' then case r.detail ->> 'mode'
                when 'nullify' then 'nulled' when 'quarantine' then 'quarantined' else 'deleted'
            end
            else 'deleted'
        end as action,
        case when r.kind = 'retention' then r.subject else split_part(r.subject, ' ', 1) end as subject,
        r.rows_planned, r.rows_done, r.rows_skipped, r.batches, r.sqlstate, r.state,
        case
            when r.state <> 'skipped' then greatest(extract(epoch from r.finished_at - r.started_at), 0)
        end as seconds
    from pydb.job_run as r
    where r.finished_at is not null and not r.dry_run
),

named as (
    select
        s.kind,
        s.subject,
        case when row_number() over (partition by s.kind order by s.newest desc, s.subject) <= 200
            then s.subject else 'other' end as name
    from (select e.kind, e.subject, max(e.at) as newest from ended as e group by e.kind, e.subject) as s
    -- of a policy that is gone nothing is counted on
    where s.kind <> 'retention' or exists (select from pydb.retention_policy as p where p.name = s.subject)
)

insert into pydb.metric_total (metric, subsystem, subject, label, value, at)
select t.metric, e.kind, t.subject, t.label, sum(t.value), max(e.at)
from ended as e
inner join named as n on n.kind = e.kind and n.subject = e.subject
cross join lateral (
    values
    ('runs', n.name, e.outcome, 1::numeric),
    ('rows', n.name, 'selected', e.rows_planned),
    ('rows', n.name, e.action, e.rows_done),
    ('rows', n.name, 'skipped', e.rows_skipped),
    ('batches', '', '', e.batches),
    ('run_seconds', '', '', e.seconds),
    ('run_bucket', '', case
        when e.seconds <= 0.1 then '0.1' when e.seconds <= 0.3 then '0.3' when e.seconds <= 1 then '1'
        when e.seconds <= 3 then '3' when e.seconds <= 10 then '10' when e.seconds <= 30 then '30'
        when e.seconds <= 60 then '60' when e.seconds <= 300 then '300' when e.seconds <= 600 then '600'
        when e.seconds <= 1800 then '1800' when e.seconds <= 3600 then '3600' else '+Inf'
    end, case when e.seconds is not null then 1 end),
    ('cascade_planned', '', '', case when e.kind = 'cascade' and e.state = 'completed' then e.rows_planned end),
    ('cascade_deleted', '', '', case when e.kind = 'cascade' and e.state = 'completed' then e.rows_done end),
    ('cascade_mismatch', '', '', case when e.kind = 'cascade' and e.sqlstate = 'YD304' then 1 end)
) as t (metric, subject, label, value)
where t.value > 0
group by t.metric, e.kind, t.subject, t.label;

-- orphans: what applications meet in a part of a reference
drop function pydb_internal.orphan_count_piece;

create table pydb.orphan_part (
    reference text not null,
    part text not null,
    orphans bigint not null,
    sample jsonb not null,
    checked_at timestamptz not null default pg_catalog.clock_timestamp(),
    checked_by text not null default session_user,
    constraint orphan_part_orphans_check check (orphans > 0)
);

create index orphan_part_reference_idx on pydb.orphan_part (reference, part);

comment on table pydb.orphan_part is
'Orphans that pydb.orphan_check has met in a part of a reference, beside what scans find (pydb.orphan_finding): the
newest row of a part counts, until a scan of the whole is newer. No key: who looks waits for nobody.';
comment on column pydb.orphan_part.reference is 'Full name of the reference.';
comment on column pydb.orphan_part.part is
'The filter that was asked for, as the server understood it; empty = all rows.';
comment on column pydb.orphan_part.orphans is 'Rows of the part without a parent.';
comment on column pydb.orphan_part.sample is 'Keys of some of them.';
comment on column pydb.orphan_part.checked_at is 'When they were looked for.';
comment on column pydb.orphan_part.checked_by is 'Login role that did.';

revoke all on pydb.orphan_part from public;

insert into pydb.metric_total (metric, subsystem, subject, label, value)
select 'rows', r.kind, s.subject, 'archived', sum(a.rows)
from pydb.archive_run as a
inner join pydb.job_run as r on r.id = a.run_id and r.finished_at is not null
cross join lateral (
    select case when r.kind = 'retention' then r.subject else split_part(r.subject, ' ', 1) end as subject
) as s
where a.rows > 0
    and exists (select from pydb.metric_total as t where t.subsystem = r.kind and t.subject = s.subject)
group by r.kind, s.subject;
