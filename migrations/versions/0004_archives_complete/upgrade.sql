-- archive_run: a run compares table and archive once, and again where one of them has changed
alter table pydb.archive_run add column signature text;
alter table pydb.archive_run add column columns name[];
comment on column pydb.archive_run.signature is
'Fingerprint of the columns of table and archive, when the run last compared them.';
comment on column pydb.archive_run.columns is 'The columns of the table then, in its order.';

alter type pydb_internal.run_turn add attribute is_settled boolean;
comment on column pydb_internal.run_turn.is_settled is
'True: the turn can have put nothing off to the end of its transaction (deferred constraints and triggers).';

-- the count also says where the rows end
drop routine pydb_internal.retention_survey;
drop routine pydb_internal.retention_measure;

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


drop routine pydb_internal.export_range;
drop routine pydb_internal.archive_places;
