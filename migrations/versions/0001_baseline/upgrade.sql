-- The version table is made by alembic, before this runs.
comment on table pydb.alembic_version is 'The revision that schema pydb is at; written by pydb migrate alone.';
comment on column pydb.alembic_version.version_num is 'Id of the revision, see migrations/versions.';

revoke all on pydb.alembic_version from public;
