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
drop procedure pydb.orphan_close;
drop routine pydb_internal.archive_import;
