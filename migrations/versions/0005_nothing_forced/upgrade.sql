drop routine pydb_internal.reference_set_refusals;
drop routine pydb_internal.reference_domain_refusals;
drop routine pydb_internal.orphan_apply_rows;
drop routine pydb_internal.orphan_take;

-- rows that a trigger keeps from being repaired are counted apart, with what it said
alter type pydb_internal.orphan_repair_work add attribute faulty bigint, add attribute fault text,
    add attribute fault_code text, add attribute fault_place text;
comment on column pydb_internal.orphan_repair_work.faulty is 'Rows of this pass that another error kept: a trigger.';
comment on column pydb_internal.orphan_repair_work.fault is 'The first such error.';
comment on column pydb_internal.orphan_repair_work.fault_code is 'Its SQLSTATE.';
comment on column pydb_internal.orphan_repair_work.fault_place is 'In which code of the application it was raised.';

-- holds: a policy spares what is held
alter type pydb_internal.retention_work add attribute holds bigint;
alter type pydb_internal.retention_work add attribute held bigint;
comment on column pydb_internal.retention_work.holds is 'How often holds had changed when its parts were laid out.';
comment on column pydb_internal.retention_work.held is 'Rows that a hold kept when they were counted.';
drop routine pydb_internal.retention_survey;
drop routine pydb.retention_plan;
drop routine pydb_internal.retention_measure;
drop routine pydb_internal.retention_expired_condition;

-- holds: so does a repair of orphans
alter type pydb_internal.orphan_repair_work add attribute free text;
alter type pydb_internal.orphan_repair_work add attribute holds bigint;
comment on column pydb_internal.orphan_repair_work.free is '"and …": that no hold keeps a row; or nothing.';
comment on column pydb_internal.orphan_repair_work.holds is 'How often holds had changed when that was written.';

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
