drop routine pydb_internal.retention_together_next;

alter type pydb_internal.retention_work add attribute parts_most bigint;
comment on column pydb_internal.retention_work.parts_most is
'Partitions that the next lock takes at most; null = none has shown how long that is.';
