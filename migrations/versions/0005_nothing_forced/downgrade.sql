drop routine pydb_internal.reference_set_refusals;
drop routine pydb_internal.reference_domain_refusals;
drop routine pydb_internal.orphan_apply_rows;
drop routine pydb_internal.orphan_take;
alter type pydb_internal.orphan_repair_work drop attribute faulty, drop attribute fault, drop attribute fault_code,
    drop attribute fault_place;

-- destroys: holds, with the history of those that were released (what they held can be deleted from then on)
-- holds: which rows are not to be deleted, and the gate of deletes
alter type pydb_internal.retention_work drop attribute held;
alter type pydb_internal.retention_work drop attribute holds;
drop routine pydb_internal.retention_survey;
drop routine pydb.retention_plan;
drop routine pydb_internal.retention_measure;
drop routine pydb_internal.retention_expired_condition;
alter type pydb_internal.orphan_repair_work drop attribute holds;
alter type pydb_internal.orphan_repair_work drop attribute free;
drop type pydb_internal.hold_graph;
drop type pydb_internal.hold_seed;
drop table pydb_internal.hold_gate;
drop table pydb.hold;

-- destroys: which server and database pydb may delete in, and what was allowed beforehand
drop table pydb.guard_server;
drop type pydb_internal.guard_place;
