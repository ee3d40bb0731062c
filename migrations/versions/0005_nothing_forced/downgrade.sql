drop routine pydb_internal.reference_set_refusals;
drop routine pydb_internal.reference_domain_refusals;
drop routine pydb_internal.orphan_apply_rows;
drop routine pydb_internal.orphan_take;
alter type pydb_internal.orphan_repair_work drop attribute faulty, drop attribute fault, drop attribute fault_code,
    drop attribute fault_place;
drop procedure pydb.orphan_close;
drop routine pydb_internal.archive_import;
