drop routine pydb_internal.export_range;
drop routine pydb_internal.archive_places;
alter table pydb_internal.archive_chunk drop constraint archive_chunk_versions_check;
update pydb_internal.archive_chunk as c set versions = array_fill(c.versions[1], array[cardinality(c.tids)])
where cardinality(c.versions) = 1;
alter table pydb_internal.archive_chunk add constraint archive_chunk_versions_check check (
    cardinality(versions) = cardinality(tids)
);
comment on column pydb_internal.archive_chunk.versions is 'Their versions (xmin), in the same order.';
