drop routine pydb_internal.export_range;
drop routine pydb_internal.archive_places;
-- one version stands for all rows of a chunk that have the same
alter table pydb_internal.archive_chunk drop constraint archive_chunk_versions_check;
alter table pydb_internal.archive_chunk add constraint archive_chunk_versions_check check (
    cardinality(versions) between 1 and cardinality(tids)
);
comment on column pydb_internal.archive_chunk.versions is
'Their versions (xmin), each at least once: all of them, or one where all have the same.';
