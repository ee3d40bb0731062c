create schema pydb;

comment on schema pydb is 'pydb: data lifecycle for PostgreSQL. The manual: select name, what from pydb.help(); select * from pydb.help(''retention_run''); also \df pydb.* and \d+ pydb.*';

create schema pydb_internal;

comment on schema pydb_internal is 'What the routines of schema pydb are made of. Not part of the contract: it changes with any revision.';
