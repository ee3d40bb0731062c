create schema pydb;

comment on schema pydb is 'pydb: data lifecycle for PostgreSQL. Objects and their comments: \df+ pydb.* and \d+ pydb.*';

create schema pydb_internal;

comment on schema pydb_internal is 'What the routines of schema pydb are made of. Not part of the contract: it changes with any revision.';
