-- guard_server: the one server and database that pydb may delete in
create type pydb_internal.guard_place as (
    system_identifier bigint,
    timeline integer,
    database_oid oid,
    database_name name,
    files jsonb
);

comment on type pydb_internal.guard_place is 'What tells a database from its copies.';
comment on column pydb_internal.guard_place.system_identifier is 'Of the server (pg_control_system).';
comment on column pydb_internal.guard_place.timeline is 'Of its WAL; null in recovery.';
comment on column pydb_internal.guard_place.database_oid is 'Of the database.';
comment on column pydb_internal.guard_place.database_name is 'Of the database, for messages.';
comment on column pydb_internal.guard_place.files is
'port, cluster_name, data_directory (a hash), written (when its first file was): as far as the owner of pydb may see.';

create table pydb.guard_server (
    is_it boolean not null default true,
    system_identifier bigint,
    timeline integer,
    database_oid oid not null,
    database_name name not null,
    files jsonb,
    remembered_at timestamptz not null default pg_catalog.clock_timestamp(),
    remembered_by text not null default session_user,
    allow_next boolean not null default false,
    allow_until timestamptz,
    allow_by text,
    allow_at timestamptz,
    allow_reason text,
    constraint guard_server_pkey primary key (is_it),
    constraint guard_server_is_it_check check (is_it)
);

comment on table pydb.guard_server is
'The one server and database that pydb may delete in, as it was last allowed; see pydb.guard_status.';
comment on column pydb.guard_server.is_it is 'True: there is one row.';
comment on column pydb.guard_server.system_identifier is 'Of the server; null = could not be known.';
comment on column pydb.guard_server.timeline is 'Of its WAL; null = could not be known.';
comment on column pydb.guard_server.database_oid is 'Of the database.';
comment on column pydb.guard_server.database_name is 'Of the database.';
comment on column pydb.guard_server.files is 'As in pydb_internal.guard_place; null = not looked at yet.';
comment on column pydb.guard_server.remembered_at is 'When it was remembered.';
comment on column pydb.guard_server.remembered_by is 'Login role whose run, or whose word, it was.';
comment on column pydb.guard_server.allow_next is 'True: the next change is allowed, once.';
comment on column pydb.guard_server.allow_until is
'Until then a change is allowed; null = none is, or (allow_next) without an end.';
comment on column pydb.guard_server.allow_by is 'Login role that allowed it beforehand.';
comment on column pydb.guard_server.allow_at is 'When that was.';
comment on column pydb.guard_server.allow_reason is 'Why, in its words.';

revoke all on pydb.guard_server from public;

-- this one, from now on; what else there is to know of it, the first run looks at
do $do$
begin
    insert into pydb.guard_server (system_identifier, timeline, database_oid, database_name)
    select
        s.system_identifier,
        ('x' || pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8))::bit(32)::integer,
        d.oid, d.datname
    from pg_catalog.pg_control_system() as s
    inner join pg_catalog.pg_database as d on d.datname = pg_catalog.current_database();
exception when insufficient_privilege then
    null; -- then the first run remembers what it may see
end
$do$;

-- settings that only the owner of pydb may change
alter table pydb.setting add column owner_only boolean not null default false;
comment on column pydb.setting.owner_only is
'True: pydb.setting_set changes it only for a superuser, or a member of the role that owns pydb.';

-- guard_subject: what policies and entities were when they were set or approved
create type pydb_internal.guard_part as (
    kind text,
    object text,
    value text,
    acts boolean
);

comment on type pydb_internal.guard_part is 'A part of what tables look like to a policy or an entity.';
comment on column pydb_internal.guard_part.kind is 'column, key, reference, trigger, rule, security or predicate.';
comment on column pydb_internal.guard_part.object is 'Its name.';
comment on column pydb_internal.guard_part.value is 'What it is: type, definition, effect.';
comment on column pydb_internal.guard_part.acts is 'True: it does something when rows go.';

create table pydb.guard_subject (
    kind text not null,
    name text not null,
    schema_drift text,
    approval text,
    kept_approval text not null default 'off',
    version text,
    requested_by text not null default session_user,
    requested_role oid,
    requested_at timestamptz not null default pg_catalog.clock_timestamp(),
    shape pydb_internal.guard_part[],
    shaped_at timestamptz,
    approved_version text,
    approved_by text,
    approved_role oid,
    approved_at timestamptz,
    reason text,
    lowered_role oid,
    constraint guard_subject_pkey primary key (kind, name),
    constraint guard_subject_kind_check check (kind in ('policy', 'entity')),
    constraint guard_subject_schema_drift_check check (schema_drift in ('off', 'warn', 'hold')),
    constraint guard_subject_approval_check check (approval in ('off', 'own', 'other')),
    constraint guard_subject_kept_approval_check check (kept_approval in ('off', 'own', 'other'))
);

comment on table pydb.guard_subject is
'What policies and entities were when they were set or approved: what their tables looked like, and who said yes.
Written by the routines that set and approve them, and by pydb.guard_set.';
comment on column pydb.guard_subject.kind is 'policy or entity.';
comment on column pydb.guard_subject.name is 'Its name; stays when it is dropped.';
comment on column pydb.guard_subject.schema_drift is
'What a change of its tables does: off, warn or hold; null = as the setting schema_drift says.';
comment on column pydb.guard_subject.approval is
'Whether its first run, and the first after a change, waits: off, own (for anybody''s word) or other (for that of
somebody else than who set it); the setting policy_approval can ask for more. null = as that says.';
comment on column pydb.guard_subject.kept_approval is
'What it asked for before that was lowered: holds until it was approved once more.';
comment on column pydb.guard_subject.version is 'Version of the policy that was set last.';
comment on column pydb.guard_subject.requested_by is 'Login role that set it last.';
comment on column pydb.guard_subject.requested_role is 'That role, whatever it is called now.';
comment on column pydb.guard_subject.requested_at is 'When that was.';
comment on column pydb.guard_subject.shape is
'What its tables looked like when it was set or last approved; null = not looked at yet.';
comment on column pydb.guard_subject.shaped_at is 'When that was.';
comment on column pydb.guard_subject.approved_version is 'Version that may run.';
comment on column pydb.guard_subject.approved_by is 'Login role that approved it; null = nobody had to.';
comment on column pydb.guard_subject.approved_role is 'That role, whatever it is called now.';
comment on column pydb.guard_subject.approved_at is 'When that was.';
comment on column pydb.guard_subject.reason is 'Why, in its words.';
comment on column pydb.guard_subject.lowered_role is 'Who lowered what it asks for: this one does not approve it.';

revoke all on pydb.guard_subject from public;

insert into pydb.setting (name, value, value_type, choices, owner_only, description) values
(
    'schema_drift', 'warn', 'choice', '{off,warn,hold}', false,
    'what a run does where tables changed since its policy or entity was set: nothing, a warning, or it is held'
),
(
    'policy_approval', 'off', 'choice', '{off,own,other}', true,
    'whether the first run of a new or changed policy waits: own = for a word, other = for that of somebody else '
    'than who set it; changed by who owns pydb alone'
);

-- what runs already goes on; what its tables look like, the first run looks at
insert into pydb.guard_subject (kind, name, version, approved_version, requested_by, requested_role, requested_at)
select
    'policy', p.name, null, pg_catalog.format('%s %s', p.version, extract(epoch from p.created_at)), p.author,
    p.author_role, p.updated_at
from pydb.retention_policy as p
union all
select 'entity', e.name, null, null, e.author, null, e.updated_at
from pydb.entity as e;

-- run_terms: a reason that blocks a run has a code and a word
alter type pydb_internal.run_terms add attribute sqlstate text;
alter type pydb_internal.run_terms add attribute hint text;
comment on column pydb_internal.run_terms.sqlstate is 'Code of a reason that blocks the run; null = none.';
comment on column pydb_internal.run_terms.hint is 'What to type about it.';

-- audit_seal: the audit log, sealed in blocks
create table pydb.audit_seal (
    block bigint not null,
    from_id bigint not null,
    to_id bigint not null,
    rows bigint not null,
    ids bigint[] not null,
    digests bytea not null,
    root bytea not null,
    previous bytea not null,
    hash bytea not null,
    sealed_at timestamptz not null,
    sealed_by text not null,
    constraint audit_seal_pkey primary key (block)
);

comment on table pydb.audit_seal is
'Blocks of pydb.audit_log, each sealed with the hash of the one before: what was changed, removed or put in since is
found by pydb.audit_verify. Append-only: update, delete and truncate are refused.';
comment on column pydb.audit_seal.block is 'Number of the block, from 1.';
comment on column pydb.audit_seal.from_id is 'First id that can be in it; no row comes in later.';
comment on column pydb.audit_seal.to_id is 'Last one.';
comment on column pydb.audit_seal.rows is 'How many rows are in it.';
comment on column pydb.audit_seal.ids is 'Which.';
comment on column pydb.audit_seal.digests is 'SHA-256 of each, 32 bytes each, in their order.';
comment on column pydb.audit_seal.root is 'SHA-256 of ids and digests.';
comment on column pydb.audit_seal.previous is 'Hash of the block before; of block 1 of nothing.';
comment on column pydb.audit_seal.hash is 'SHA-256 of all of this: what the next block goes on from.';
comment on column pydb.audit_seal.sealed_at is 'When it was sealed.';
comment on column pydb.audit_seal.sealed_by is 'Login role that did.';

create table pydb.audit_head (
    is_it boolean not null default true,
    block bigint not null default 0,
    to_id bigint not null default -9223372036854775807,
    hash bytea not null default pg_catalog.decode('', 'hex'),
    sealed_at timestamptz,
    mark_id bigint,
    mark_xid xid8,
    verified_block bigint not null default 0,
    verified_at timestamptz,
    constraint audit_head_pkey primary key (is_it),
    constraint audit_head_is_it_check check (is_it)
);

comment on table pydb.audit_head is
'The end of the chain of pydb.audit_seal. Who keeps block and hash elsewhere finds out if all of it was made anew.';
comment on column pydb.audit_head.is_it is 'True: there is one row.';
comment on column pydb.audit_head.block is 'Last block.';
comment on column pydb.audit_head.to_id is 'Up to this id the audit log is sealed.';
comment on column pydb.audit_head.hash is 'Hash of that block.';
comment on column pydb.audit_head.sealed_at is 'When it was sealed.';
comment on column pydb.audit_head.mark_id is 'Up to this id it is sealed next: nobody gets such an id any more.';
comment on column pydb.audit_head.mark_xid is 'As soon as all transactions before this one have ended.';
comment on column pydb.audit_head.verified_block is 'Up to this block somebody verified it.';
comment on column pydb.audit_head.verified_at is 'When that was.';

revoke all on pydb.audit_seal, pydb.audit_head from public;

insert into pydb.audit_head (is_it) values (true);

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'audit_seal_for', '0', 'interval', '0', '1 hour',
    'how long a scheduled audit_seal_run goes on, sealing every two seconds; 0 = it seals once (interval, 0 to 1 hour)'
);

insert into pydb.schedule_source (procedure, kind, job_prefix, housekeeping, description) values
(
    'audit_seal_run', 'audit', 'pydb.audit_seal_run', false,
    'seals what was entered into the audit log, so that a change of it is found'
);
