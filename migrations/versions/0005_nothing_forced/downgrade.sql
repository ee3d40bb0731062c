-- destroys: which server and database pydb may delete in, and what was allowed beforehand; who approved policies, and what their tables looked like then; the seals of the audit log
drop table pydb.guard_server;
drop type pydb_internal.guard_place;

delete from pydb.setting where name in ('schema_drift', 'policy_approval');
alter table pydb.setting drop column owner_only;
drop table pydb.guard_subject;
drop type pydb_internal.guard_part;

alter type pydb_internal.run_terms drop attribute sqlstate;
alter type pydb_internal.run_terms drop attribute hint;

delete from pydb.setting where name = 'audit_seal_for';
delete from pydb.schedule_source where procedure = 'audit_seal_run';
drop table pydb.audit_head;
drop table pydb.audit_seal;
