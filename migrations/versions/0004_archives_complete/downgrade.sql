-- archive_run: a run compares table and archive once, and again where one of them has changed
alter table pydb.archive_run drop column signature;
alter table pydb.archive_run drop column columns;

alter type pydb_internal.run_turn drop attribute is_settled;

drop routine pydb_internal.retention_survey;
drop routine pydb_internal.retention_measure;

-- destroys: the search_path of policies, entities and cascade jobs (triggers look for names as the running role does)
drop routine pydb.cascade_delete;
drop routine pydb.cascade_request;
drop routine pydb.entity_set;
drop routine pydb.orphan_repair;
drop routine pydb.orphan_restore;
drop routine pydb.retention_policy_set;
drop routine pydb_internal.cascade_resolve_choices;

alter table pydb.retention_policy drop column search_path;

alter table pydb.entity drop column search_path;

alter table pydb.cascade_job drop column search_path;

alter table pydb.archive_run drop column search_path;

alter type pydb_internal.orphan_repair_work drop attribute search_path;


drop routine pydb_internal.export_range;
drop routine pydb_internal.archive_places;
