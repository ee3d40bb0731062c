-- what 0006 changes about tables, in the order of its rooms

-- core: the list of runs of one state
create index job_run_state_idx on pydb.job_run (state, kind, started_at, id);

-- core: one look of several; what the governor saw is shared between runs
alter table pydb_internal.run_kind add column is_windowed boolean not null default false;
comment on column pydb_internal.run_kind.is_windowed is
'True: a window holds for its runs whose subjects name none; kept by window_kinds. False spares each of them the look.';
update pydb_internal.run_kind as k
set is_windowed = true
where exists (select from pydb.run_window as w where w.kinds && array[k.name, 'all']);
alter type pydb_internal.run_state add attribute governor_seen oid[];
comment on column pydb_internal.run_state.governor_seen is
'Tables that the governor has looked at in this run; a partition counts as the table at its top.';
alter type pydb_internal.run_terms add attribute relation oid;
comment on column pydb_internal.run_terms.relation is
'The one table that it is about, which the governor looks at before anything is counted; null = several.';
create unlogged table pydb_internal.governor_seen (
    is_it boolean not null default true,
    seen_at timestamptz not null,
    readings jsonb not null,
    constraint governor_seen_pkey primary key (is_it),
    constraint governor_seen_is_it_check check (is_it)
);
comment on table pydb_internal.governor_seen is
'What the indicators that concern the server as a whole said when a run last asked: one answer for all runs. Unlogged:
after a crash the next run asks again.';
comment on column pydb_internal.governor_seen.is_it is 'True: there is one row.';
comment on column pydb_internal.governor_seen.seen_at is
'When they were asked; an answer older than the setting governor_interval is none.';
comment on column pydb_internal.governor_seen.readings is 'Name of the indicator, and its pydb.governor_reading.';
revoke all on pydb_internal.governor_seen from public;
-- cascade: a purge looks again for copies where its archives have been given any
alter type pydb_internal.cascade_work add attribute sources oid[];
alter type pydb_internal.cascade_work add attribute mark text;
comment on column pydb_internal.cascade_work.sources is 'Tables whose archives can hold copies of its rows.';
comment on column pydb_internal.cascade_work.mark is
'What these archives had been given when it last looked for copies.';
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
                when r.sqlstate in ('YD404', '42501') then 'blocked_rls'
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
-- retention: rules that keep rows by tenant, by class, or as the last of a group
alter table pydb.retention_policy
    add column keep_column name,
    add column keep_table regclass,
    add column keep_by name[],
    add column keep_key name[],
    add column keep_value name,
    add column keep_floor interval,
    add column keep_last integer,
    add column keep_last_by name[],
    add column combine text,
    add column keep_at timestamptz,
    add constraint retention_policy_rules_check check (
        num_nonnulls(keep_table, keep_by, keep_key, keep_value) in (0, 4)
        and (keep_last is null) = (combine is null) and (keep_last is not null or keep_last_by is null)
        and keep_last > 0 and combine in ('and', 'or') and keep_floor >= interval '0'
        and keep_at is null
    );
comment on column pydb.retention_policy.keep_column is
'Column of the table that says how long its row is kept: an interval, or a whole number of days; null there = the next
rule, longer than 5000 years = for ever.';
comment on column pydb.retention_policy.keep_table is
'Mapping table that says how long rows are kept, by tenant or class; read with the rights of who plans or runs.';
comment on column pydb.retention_policy.keep_by is 'Columns of the table by which a row is looked up there …';
comment on column pydb.retention_policy.keep_key is
'… and the columns of a unique key of the mapping table that they equal.';
comment on column pydb.retention_policy.keep_key is '… and the columns of a unique key of the mapping table that they equal.';
comment on column pydb.retention_policy.keep_value is
'Column of the mapping table with the keep: an interval, or a whole number of days; null, or longer than 5000 years =
for ever. No row there = the keep of the policy.';
comment on column pydb.retention_policy.keep_floor is
'No rule keeps a row for less; null = the lesser of keep and the setting min_keep (0 for a column of expiry times).';
comment on column pydb.retention_policy.keep_last is
'How many rows of each group, the newest by time and then by primary key, are kept; null = none for that.';
comment on column pydb.retention_policy.keep_last_by is 'Columns of the table that make the groups; null = one group.';
comment on column pydb.retention_policy.combine is
'How keep_last and the age go together. and: a row goes when it expired and is not among the last; or: when it expired,
or is older than the floor and not among the last.';
comment on column pydb.retention_policy.keep_at is
'Null here; in a copy that a plan or a run works with: the moment that its rules count from.';
drop function pydb.retention_policy_set(
    text, regclass, name, interval, text, text, text, text, text, interval, bigint, interval, integer, bigint, numeric,
    text, boolean, boolean, text, boolean, boolean, boolean, regclass, name, text, text, text,
    text, name, name[], text, text[], text, interval, text[], bigint, interval, text, integer
);
-- web: the audit of one run, and of what a person asked for
create index audit_log_run_id_idx on pydb.audit_log (run_id) where run_id is not null;
create index audit_log_request_idx on pydb.audit_log ((arguments ->> 'request')) where action = 'audit_note';

-- archive: by which column rows expired, for "from when to when"
alter table pydb.archive_run add column time_column name;
comment on column pydb.archive_run.time_column is
'Column of the archive by which a policy let the rows expire; null = they went along, or it is no date or timestamp.';

-- web: the outlook of one policy asks for the rates of one
drop function pydb_internal.retention_rates();

-- holds: what is held of a table is asked once for all of its relations
create type pydb_internal.hold_rule as (
    free text,
    held text,
    until timestamptz
);
comment on type pydb_internal.hold_rule is 'What holds say of the rows of a table, as SQL over one alias.';
comment on column pydb_internal.hold_rule.free is
'" and …" for the rows that nothing keeps, or the empty text: what the condition of a delete ends with.';
comment on column pydb_internal.hold_rule.held is
'Condition, which may be null, for the rows that something keeps; null = there is nothing.';
comment on column pydb_internal.hold_rule.until is
'When an override ends, and more is held: it is to be asked again then; null = that does not happen.';
alter type pydb_internal.hold_graph add attribute is_sought boolean;
comment on column pydb_internal.hold_graph.is_sought is
'True: the condition is for who looks for the rows, by their keys; false: for who asks row by row.';
alter type pydb_internal.retention_work add attribute free text;
alter type pydb_internal.retention_work add attribute free_since text;
alter type pydb_internal.retention_work add attribute free_at bigint;
alter type pydb_internal.retention_work add attribute free_until timestamptz;
comment on column pydb_internal.retention_work.free is
'That no hold keeps a row, as SQL over alias t, as it was when its parts were laid out.';
comment on column pydb_internal.retention_work.free_since is
'The same by the holds of later, where they have changed; empty where they have not.';
comment on column pydb_internal.retention_work.free_at is 'How often holds had changed when free_since was asked.';
comment on column pydb_internal.retention_work.free_until is 'When it is to be asked again: an override ends.';
drop function pydb_internal.hold_seed_condition(
    pydb_internal.hold_graph, pydb_internal.hold_seed, text, boolean
);
drop function pydb_internal.hold_key_condition(pydb_internal.hold_seed, text, name[], text, boolean);
drop function pydb_internal.retention_measure(pydb.retention_policy, oid, timestamptz, boolean);
drop function pydb_internal.retention_partition_held(pydb.retention_policy, oid);
drop function pydb_internal.retention_partition_verdict(
    pydb.retention_policy, timestamptz, pydb_internal.retention_bounds
);

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

-- retention: a run knows the names of the tables that its conditions ask
alter type pydb_internal.retention_work add attribute named oid[];
alter type pydb_internal.retention_work add attribute names text;
comment on column pydb_internal.retention_work.named is 'Tables that its conditions may name.';
comment on column pydb_internal.retention_work.names is 'Their names before the conditions were made.';

-- schedule: something that pydb does not see may fire what is scheduled
update pydb.setting
set choices = '{auto,pg_cron,pydb,external}',
    description = 'who fires schedules: auto, pg_cron, pydb (the pydb schedule run process) or external (something that '
        || 'pydb does not see, and judges by its runs)'
where name = 'schedule_backend';
-- retention: what an export reads counts from the moment of its run
drop function pydb_internal.export_range(text, oid, timestamptz, bigint, bigint, bigint);
-- archive: what an export takes along is archived on its way to files
alter table pydb.archive_run add column export_policy text;
comment on column pydb.archive_run.export_policy is
'Policy with action export that archived the rows on their way to files: they are not purged. Null = they are to stay in
the archive, as where that policy is gone or does not export any more.';
-- orphans: a repair knows the names of the tables that its conditions ask
alter type pydb_internal.orphan_repair_work add attribute named oid[];
alter type pydb_internal.orphan_repair_work add attribute names text;
alter type pydb_internal.orphan_repair_work add attribute free_until timestamptz;
comment on column pydb_internal.orphan_repair_work.named is 'Tables that its conditions may name.';
comment on column pydb_internal.orphan_repair_work.names is 'Their names before the conditions were made.';
comment on column pydb_internal.orphan_repair_work.free_until is
'When free is to be asked again: an override ends; null = never.';
-- holds: a run asks once what is held
drop function pydb_internal.retention_survey(pydb.retention_policy, timestamptz, boolean);

-- holds: filters are asked of archives where that can be
drop function pydb_internal.hold_seeds(pydb.hold[], boolean);
-- cascade: the edges of the ledger of erasures have a type
create type pydb.erasure_edge as (
    reference text,
    child text,
    columns name[],
    parent text,
    parent_columns name[],
    keys bigint,
    hashes bytea[]
);
comment on type pydb.erasure_edge is 'What the ledger of erasures keeps of an edge, to look below rows that are gone.';
comment on column pydb.erasure_edge.reference is 'Its reference.';
comment on column pydb.erasure_edge.child is 'Table whose rows named the keys.';
comment on column pydb.erasure_edge.columns is 'Its columns.';
comment on column pydb.erasure_edge.parent is 'Table whose rows had the keys.';
comment on column pydb.erasure_edge.parent_columns is 'Its columns.';
comment on column pydb.erasure_edge.keys is 'How many keys; null = of a type that cannot be read.';
comment on column pydb.erasure_edge.hashes is
'Their salted hashes; null = too many to be kept (setting erasure_edge_keys), or not readable.';
create function pydb_internal.erasure_edges_typed(p_edges jsonb)
returns pydb.erasure_edge[]
language sql
set search_path = pg_catalog, pg_temp
as $$ select array(select pg_catalog.jsonb_populate_recordset(null::pydb.erasure_edge, p_edges)) $$;
alter table pydb.erasure alter column edges drop default;
alter table pydb.erasure alter column edges type pydb.erasure_edge[] using pydb_internal.erasure_edges_typed(edges);
alter table pydb.erasure alter column edges set default '{}';
drop function pydb_internal.erasure_edges_typed(jsonb);
comment on column pydb.erasure.edges is
'Its edges, with the salted hashes of the keys of the rows that went: by them pydb.erasure_verify_edges looks below rows
that are gone.';
drop function pydb_internal.erasure_keys(pydb_internal.cascade_closure, bytea);
-- cascade: a job compares its references at each batch
alter type pydb_internal.cascade_work add attribute graph text;
comment on column pydb_internal.cascade_work.graph is
'Mark of all references when they were last compared with the signature.';
-- orphans: small references share a turn of a scan
drop function pydb_internal.reference_edges_among(oid[], text);
drop function pydb_internal.orphan_scan_piece(text, interval, integer, bigint, double precision);
alter type pydb_internal.run_part add attribute subjects text[];
comment on column pydb_internal.run_part.subjects is 'What the part is about, where small things share a turn.';

-- retention: what a policy says of its rows is made once for all of its relations
create type pydb_internal.retention_said as (
    expired text,
    past text,
    future text,
    filtered text,
    walked text,
    ruled text,
    ruled_joined text,
    joined text
);

comment on type pydb_internal.retention_said is
'What a policy and its rules say of a row of its table, as SQL over alias t.';
comment on column pydb_internal.retention_said.expired is 'As retention_expiry says.';
comment on column pydb_internal.retention_said.past is 'As retention_expiry says.';
comment on column pydb_internal.retention_said.future is 'As retention_expiry says.';
comment on column pydb_internal.retention_said.filtered is 'As retention_expiry says: "and …", or the empty text.';
comment on column pydb_internal.retention_said.walked is 'As retention_expiry says: expired, for batch after batch.';
comment on column pydb_internal.retention_said.ruled is
'As retention_rule_condition says, row by row: "and …", or the empty text.';
comment on column pydb_internal.retention_said.ruled_joined is 'The same for a look at many rows, with joined.';
comment on column pydb_internal.retention_said.joined is 'As retention_rule_source says: " left join …", or nothing.';
drop function pydb_internal.retention_due_terms(pydb.retention_policy, oid, timestamptz);
drop function pydb_internal.retention_deletable_condition(pydb.retention_policy, oid, timestamptz);
drop function pydb_internal.retention_part(pydb.retention_policy, oid, timestamptz, text, bigint, bigint);
