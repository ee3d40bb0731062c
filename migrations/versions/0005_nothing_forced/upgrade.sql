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
