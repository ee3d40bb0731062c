drop routine pydb_internal.cascade_edge_problem;

-- what is stored as the owner is checked as whoever wants it
drop routine pydb_internal.retention_policy_store;
drop routine pydb_internal.reference_store;
drop routine pydb_internal.entity_store;
drop routine pydb_internal.cascade_job_store;
create unlogged table pydb_internal.draft (
    id bigint generated always as identity,
    kind text not null,
    content jsonb,
    role oid not null,
    author text not null,
    author_role oid not null,
    xid xid8 not null,
    constraint draft_pkey primary key (id)
);

comment on table pydb_internal.draft is
'What is to be stored by a routine that runs as the owner, checked with the rights of whoever wants it: his insert fires
the checks. Used up in the same transaction.';
comment on column pydb_internal.draft.id is 'Id, as the store routine is told.';
comment on column pydb_internal.draft.kind is 'What it is about: kind_vet checks it.';
comment on column pydb_internal.draft.content is 'What was asked for; after the checks what is to be stored.';
comment on column pydb_internal.draft.role is 'Role that added it: whose rights were asked.';
comment on column pydb_internal.draft.author is 'Name of the role that counts as its author.';
comment on column pydb_internal.draft.author_role is
'The login role where it acts for itself, else (in a routine or trigger that runs as another) the role.';
comment on column pydb_internal.draft.xid is 'Transaction that added it: no other can use it.';

revoke all on pydb_internal.draft from public;

-- a person is a role, whatever it is called later
alter table pydb.cascade_job add column requested_by_role oid, add column approved_by_role oid;
comment on column pydb.cascade_job.requested_by_role is
'The role that asked for it, whatever it is called now: this one never approves.';
comment on column pydb.cascade_job.approved_by_role is 'The role that approved it, whatever it is called now.';
update pydb.cascade_job as j
set requested_by_role = (select r.oid from pg_catalog.pg_roles as r where r.rolname = j.requested_by),
    approved_by_role = (select r.oid from pg_catalog.pg_roles as r where r.rolname = j.approved_by);
alter table pydb.cascade_job drop constraint cascade_job_second_check;
alter table pydb.cascade_job add constraint cascade_job_second_check check (
    case
        when requested_by_role is null then approved_by <> requested_by
        else approved_by_role <> requested_by_role
    end
);

-- runs and events say from which statement they came, and a run belongs to the process that opened it
drop routine pydb_internal.run_open;
drop routine pydb_internal.run_close;
drop routine pydb_internal.run_close_interrupted;
drop routine pydb_internal.run_log_done;
alter table pydb.job_run add column run_kind text, add column statement text;
alter table pydb.job_run alter column statement set default pg_catalog.left(
        substring(
            pg_catalog.left(pg_catalog.current_query(), 400)
            from '^[[:space:]]*([[:alpha:]]+([[:space:]]+[[:alnum:]_."]+)?)'
        ), 130
    );
comment on column pydb.job_run.run_kind is
'Kind of the run engine (retention, cascade, orphan_scan, orphan_repair); null for what was one transaction.';
comment on column pydb.job_run.statement is
'First words of the statement that it was made by, such as call pydb.retention_run: others mean that somebody called
pydb''s private routines himself.';
update pydb.job_run as r
set run_kind = case r.kind when 'orphans' then
        case when r.subject = 'scan' then 'orphan_scan' else 'orphan_repair' end
    else r.kind end
where r.state = 'running';
alter table pydb.audit_log add column pid integer, add column statement text;
alter table pydb.audit_log alter column pid set default pg_catalog.pg_backend_pid();
alter table pydb.audit_log alter column statement set default pg_catalog.left(
        substring(
            pg_catalog.left(pg_catalog.current_query(), 400)
            from '^[[:space:]]*([[:alpha:]]+([[:space:]]+[[:alnum:]_."]+)?)'
        ), 130
    );
comment on column pydb.audit_log.pid is 'Server process that entered it.';
comment on column pydb.audit_log.statement is
'First words of the statement that it came from, such as select pydb.retention_policy_set.';

drop routine pydb_internal.idempotency_check;

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'idempotency_max_bytes', '2097152', 'integer', '1024', '268435456',
    'bytes of a result or an error of a key at most (integer, 1024 to 268435456)'
);
comment on column pydb.idempotency_key.fingerprint is
'Hash of the payload, in 64 bytes also of who sends it; null = not compared.';

-- the author of a policy is a role, whatever it is called later
alter table pydb.retention_policy add column author_role regrole;
comment on column pydb.retention_policy.author_role is
'The role that set the policy, whatever it is called now; a filter runs only as a role that this one could become.';
comment on column pydb.retention_policy.author is 'Name of the login role that set the policy, at that time.';
update pydb.retention_policy as p set author_role = r.oid
from pg_catalog.pg_roles as r
where r.rolname = p.author;

drop routine pydb_internal.cascade_verify_counts;
-- what the server said beside its message
alter type pydb_internal.run_state add attribute error_detail text;

-- other arguments, or another result
drop routine pydb_internal.run_log_unstarted;
drop routine pydb_internal.run_react;
drop routine pydb_internal.doctor_cron_launcher;
drop routine pydb_internal.schedule_listed;
-- schedule_status reads it: held for a moment without, so that its grants stay
create or replace view pydb.schedule_status as
select
    null::text as job_name, null::text as policy, null::text as backend, null::text as schedule,
    null::boolean as wanted, null::boolean as present, null::text as drift, null::timestamptz as last_run,
    null::text as last_status, null::text as last_message, null::timestamptz as next_run, null::text as role,
    null::bigint as run_id, null::text as run_state, null::text as run_reason, null::text as kind,
    null::text as subject;
drop routine pydb_internal.schedule_rows;
drop routine pydb_internal.doctor_grants;
comment on schema pydb is 'pydb: data lifecycle for PostgreSQL. The manual: select name, what from pydb.help(); select * from pydb.help(''retention_run''); also \df pydb.* and \d+ pydb.*';

update pydb_internal.run_kind
set hint = 'select * from pydb.run_list where kind = ''orphans'' order by id desc limit 10;'
where name in ('orphan_scan', 'orphan_repair');
-- cascade: a job is tried before its first row goes
insert into pydb.setting (name, value, value_type, min_value, description) values
(
    'cascade_trial_rows', '50000', 'bigint', '0',
    'a cascade job of at most so many rows is tried and undone before its first row goes; 0 = none is (integer, from 0)'
);
drop routine pydb_internal.cascade_job_queue;
drop routine pydb_internal.cascade_job_closure;
comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default, check, unique, partition (what is set
is refused). To know: order, trigger, untried, unindexed, not_enforced, not_valid, uncovered (partitions without the
key), inherited, heirs (their rows with these keys stay visible), locks, superuser.';
drop routine pydb_internal.reference_edges_among;
drop routine pydb_internal.orphan_apply_rows;
-- retention: rows that go along, rows that stay for an error
drop routine pydb_internal.run_fault;
drop routine pydb_internal.retention_blocker_conditions;
drop routine pydb_internal.retention_delete_cascade;
drop routine pydb_internal.retention_delete_rows;
drop routine pydb_internal.retention_fuse_problem;
drop routine pydb_internal.retention_lock;
drop routine pydb_internal.retention_policy_warnings;
drop routine pydb_internal.retention_references;
drop routine pydb_internal.retention_take;
drop routine pydb_internal.retention_account;
drop routine pydb_internal.retention_first_work;
drop routine pydb_internal.retention_limit;
drop routine pydb_internal.retention_next_size;
alter type pydb_internal.retention_work add attribute way text, add attribute faulty bigint, add attribute fault text,
    add attribute fault_code text, add attribute faults jsonb, add attribute print text, add attribute first_way text;
comment on column pydb_internal.retention_work.first_way is 'way of all passes but those that take circles.';
comment on column pydb_internal.retention_work.refused is 'Rows that a reference kept.';
comment on column pydb_internal.retention_work.way is 'How rows that go along are taken: see retention_reach.';
comment on column pydb_internal.retention_work.faulty is 'Rows that another error kept: a trigger, a check.';
comment on column pydb_internal.retention_work.fault is 'The first such error.';
comment on column pydb_internal.retention_work.fault_code is 'Its SQLSTATE.';
comment on column pydb_internal.retention_work.faults is 'Rows kept by errors of any kind: object, SQLSTATE to rows.';
comment on column pydb_internal.retention_work.print is
'Stands for the references without an index: what was learned with others does not hold.';
-- retention: units and times that cannot be meant
alter table pydb.retention_policy add column expire_implausible boolean not null default false;
comment on column pydb.retention_policy.expire_implausible is
'True: times before 1980 (and uuids that are not of version 7) expire like others; false: they are counted and stay.';
comment on column pydb.retention_policy.time_unit is
'timestamptz, timestamp, date or uuidv7 by the column''s type; s, ms, us or ns since 1970 for numbers.';
alter table pydb.retention_policy drop constraint retention_policy_time_unit_check;
alter table pydb.retention_policy add constraint retention_policy_time_unit_check check (
    time_unit in ('timestamptz', 'timestamp', 'date', 's', 'ms', 'us', 'ns', 'uuidv7')
);
drop routine pydb.retention_plan;
drop routine pydb.retention_policy_set;
drop routine pydb_internal.retention_measure;
drop routine pydb_internal.retention_survey;

-- references: conditions
alter table pydb.reference add column filter text, add column parent_filter text;
comment on column pydb.reference.filter is
'Only rows of the child for which this is true reference anything (commentable_type = ''Post''); null = all.';
comment on column pydb.reference.parent_filter is
'Only rows of the parent for which this is true can be referenced (deleted_at is null); null = all.';
alter type pydb_internal.reference_edge add attribute filter text, add attribute parent_filter text;
comment on column pydb_internal.reference_edge.filter is
'Condition on the child of a logical reference, its columns without alias; null = none.';
comment on column pydb_internal.reference_edge.parent_filter is 'The same on the parent.';
drop routine pydb.reference_set;
drop routine pydb_internal.orphan_source;

-- suggestions: measured on as many rows as asked
drop routine pydb_internal.reference_measure;
drop routine pydb.reference_suggest;
drop routine pydb_internal.reference_candidates;
