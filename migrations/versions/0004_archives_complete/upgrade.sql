drop routine pydb_internal.export_range;
drop routine pydb_internal.archive_places;
