-- a search_path of its own for a policy, an entity, a job, and for what runs archived
drop routine pydb.cascade_delete;
drop routine pydb.cascade_request;
drop routine pydb.entity_set;
drop routine pydb.orphan_repair;
drop routine pydb.orphan_restore;
drop routine pydb.retention_policy_set;
drop routine pydb_internal.cascade_resolve_choices;

alter table pydb.retention_policy add column search_path name[];

comment on column pydb.retention_policy.search_path is
'Schemas in which triggers and other code of the application look for names in a run; null = as the running role does.';

alter table pydb.entity add column search_path name[];

comment on column pydb.entity.search_path is
'Schemas in which triggers and other code of the application look for names in its cascades, unless they say otherwise;
null = as the running role does.';

alter table pydb.cascade_job add column search_path name[];

comment on column pydb.cascade_job.search_path is
'Schemas in which triggers and other code of the application look for names; null = as the running role does.';

alter table pydb.archive_run add column search_path name[];

comment on column pydb.archive_run.search_path is
'Schemas in which triggers looked for names when the rows went, and look when they come back; null = as the running role
does.';

alter type pydb_internal.orphan_repair_work add attribute search_path name[];

comment on column pydb_internal.orphan_repair_work.search_path is
'Schemas in which triggers look for names; null = as the running role does.';

