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
