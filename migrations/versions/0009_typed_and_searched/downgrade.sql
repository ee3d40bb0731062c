drop routine pydb_internal.retention_together_next;

alter type pydb_internal.retention_work drop attribute parts_most;
