-- archive_chunk: places of rows are compressed again
alter table pydb_internal.archive_chunk alter column tids set storage extended;
