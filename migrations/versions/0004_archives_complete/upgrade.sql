-- archive_run: a run compares table and archive once, and again where one of them has changed
alter table pydb.archive_run add column signature text;
alter table pydb.archive_run add column columns name[];
comment on column pydb.archive_run.signature is
'Fingerprint of the columns of table and archive, when the run last compared them.';
comment on column pydb.archive_run.columns is 'The columns of the table then, in its order.';

alter type pydb_internal.run_turn add attribute is_settled boolean;
comment on column pydb_internal.run_turn.is_settled is
'True: the turn can have put nothing off to the end of its transaction (deferred constraints and triggers).';

-- the count also says where the rows end
drop routine pydb_internal.retention_survey;
drop routine pydb_internal.retention_measure;
