drop routine pydb_internal.cascade_edge_problem;

comment on schema pydb is 'pydb: data lifecycle for PostgreSQL. The manual: select name, what from pydb.help(); select * from pydb.help(''retention_run''); also \df pydb.* and \d+ pydb.*';
