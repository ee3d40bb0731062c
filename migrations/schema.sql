create schema pydb;

comment on schema pydb is 'pydb: data lifecycle for PostgreSQL. Objects and their comments: \df+ pydb.* and \d+ pydb.*';
