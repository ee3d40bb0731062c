-- A role that logs in with a password, is no superuser, and owns the database: pydb is installed by it.
create role lighting login nosuperuser;
-- health asks what processes the server has
grant pg_monitor to lighting;
alter database demo owner to lighting;
