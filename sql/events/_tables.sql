-- pydb events tables: events as they were written, as they were published, the end of the stream; what is degraded.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

insert into pydb.setting (name, value, value_type, nullable, min_value, max_value, description) values
(
    'events', 'on', 'boolean', false, null, null,
    'off: pydb''s own routines write no events about runs, policies, cascades, orphans, claims and health (boolean)'
),
(
    'event_wait', 'on', 'boolean', false, null, null,
    'on: events are published in the order in which their transactions began to write, so a long one holds back what '
    'came after it; off: as soon as they are committed (boolean)'
),
(
    'event_keep', '7 days', 'interval', false, '1 min', '100 years',
    'published events stay this long, for those who resume (interval, 1 min to 100 years)'
),
(
    'event_max_bytes', '8192', 'integer', false, '64', '1048576',
    'longest payload of an event, as text (bytes, 64 to 1048576)'
),
(
    'event_max_waiting', '1000000', 'integer', false, '1000', '1000000000',
    'more events of applications are refused while so many wait to be published; those rolled back may count too '
    '(integer, 1000 to 1000000000)'
),
(
    'event_run_for', '0', 'interval', false, '0', '1 hour',
    'how long a scheduled event_run goes on publishing; 0 = it publishes once (interval, 0 to 1 hour)'
),
(
    'degraded_keep', '30 days', 'interval', false, '1 day', '100 years',
    'hours of degraded answers are told apart this long; their sums stay (interval, 1 day to 100 years)'
);

insert into pydb.schedule_source (procedure, kind, job_prefix, description) values
(
    'event_run', 'events', 'pydb.event_run',
    'publishes the events that were committed, and takes away old ones'
);

create table pydb_internal.event_waiting (
    xid xid8 not null default pg_catalog.pg_current_xact_id(),
    id bigint generated always as identity,
    topic text not null,
    workspace text,
    payload jsonb not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    author text not null default session_user,
    constraint event_waiting_pkey primary key (xid, id)
);

comment on table pydb_internal.event_waiting is
'Events that were written and not published yet. Whoever writes only inserts: no lock, no NOTIFY.';
comment on column pydb_internal.event_waiting.xid is 'Transaction that wrote it.';
comment on column pydb_internal.event_waiting.id is 'Running number; says nothing about the order of the commits.';
comment on column pydb_internal.event_waiting.topic is 'As in pydb.event.';
comment on column pydb_internal.event_waiting.workspace is 'As in pydb.event.';
comment on column pydb_internal.event_waiting.payload is 'As in pydb.event.';
comment on column pydb_internal.event_waiting.created_at is 'As in pydb.event.';
comment on column pydb_internal.event_waiting.author is 'As in pydb.event.';

create table pydb.event (
    position bigint not null,
    id bigint not null,
    topic text not null,
    workspace text,
    payload jsonb not null,
    created_at timestamptz not null,
    published_at timestamptz not null,
    author text not null,
    constraint event_pkey primary key (position)
);

comment on table pydb.event is
'Published events, in the one order in which every reader gets them. Written by the publisher alone; pydb.event_publish
adds one, pydb.event_read reads on from a position.';
comment on column pydb.event.position is
'Place in the stream, without gaps: given after the commit, by one publisher at a time. The id of server-sent events.';
comment on column pydb.event.id is 'What pydb.event_publish returned: the order of writing, not of the stream.';
comment on column pydb.event.topic is
'What it is about. pydb''s own: runs, policies, cascades, orphans, claims, health; all others are the application''s.';
comment on column pydb.event.workspace is 'Part of the application that it belongs to; null = none.';
comment on column pydb.event.payload is 'What happened. Of pydb''s own topics: names, states and numbers, no values.';
comment on column pydb.event.created_at is 'When it was written, by the server''s clock.';
comment on column pydb.event.published_at is 'When it was given its position.';
comment on column pydb.event.author is 'Login role that wrote it.';

create table pydb_internal.event_head (
    is_only boolean not null default true,
    position bigint not null default 0,
    oldest bigint not null default 1,
    low xid8 not null default '0',
    last_id bigint not null default 0,
    published_at timestamptz,
    seen_at timestamptz,
    constraint event_head_pkey primary key (is_only),
    constraint event_head_is_only_check check (is_only)
);
insert into pydb_internal.event_head default values;

comment on table pydb_internal.event_head is
'One row: the end of the stream. Whoever publishes locks it; whoever finds it locked leaves that to the other.';
comment on column pydb_internal.event_head.is_only is 'True: there is one row.';
comment on column pydb_internal.event_head.position is 'Position of the newest event.';
comment on column pydb_internal.event_head.oldest is 'Position of the oldest event that is still there.';
comment on column pydb_internal.event_head.low is 'No event of an older transaction is waiting, and none will come.';
comment on column pydb_internal.event_head.last_id is
'Greatest id of an event that was published: about as many wait as ids were given since.';
comment on column pydb_internal.event_head.published_at is 'When something was last published.';
comment on column pydb_internal.event_head.seen_at is
'When a publisher last gave a sign of life, to the minute; null = never.';

create table pydb_internal.event_told (
    topic text not null,
    subject text not null,
    state text not null,
    told_at timestamptz not null,
    constraint event_told_pkey primary key (topic, subject)
);

comment on table pydb_internal.event_told is
'What was last said of things that are looked at again and again: only a change of state is an event.';
comment on column pydb_internal.event_told.topic is 'Topic of the event.';
comment on column pydb_internal.event_told.subject is 'What it is about.';
comment on column pydb_internal.event_told.state is 'How that was.';
comment on column pydb_internal.event_told.told_at is 'When it became so.';

create table pydb.degraded_count (
    provider text not null,
    reason_code text not null,
    hour timestamptz not null,
    calls bigint not null,
    last_at timestamptz not null,
    constraint degraded_count_pkey primary key (provider, reason_code, hour)
);

comment on table pydb.degraded_count is
'Answers that an application gave without what it depends on, by hour; reported by pydb.degraded_report. The sum over
all hours never goes back.';
comment on column pydb.degraded_count.provider is 'What did not answer; other = beyond the first 200 names.';
comment on column pydb.degraded_count.reason_code is
'Why: timeout, cancelled, connection, rate_limited, server_error, client_error, error, …';
comment on column pydb.degraded_count.hour is 'Hour in which it was reported; -infinity = older than degraded_keep.';
comment on column pydb.degraded_count.calls is 'How many.';
comment on column pydb.degraded_count.last_at is 'When the last of them was reported.';

revoke all on
    pydb_internal.event_waiting, pydb.event, pydb_internal.event_head, pydb_internal.event_told, pydb.degraded_count
from public;
