-- archive_chunk: places are read once and gone soon: to compress them took longer than to write them
alter table pydb_internal.archive_chunk alter column tids set storage external;
