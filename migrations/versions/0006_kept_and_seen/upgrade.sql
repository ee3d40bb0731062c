-- what 0006 changes about tables, in the order of its rooms

-- core: the list of runs of one state
create index job_run_state_idx on pydb.job_run (state, kind, started_at);

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
