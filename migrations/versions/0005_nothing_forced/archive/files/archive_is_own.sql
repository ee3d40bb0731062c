-- pydb_internal.archive_is_own (files): is this the database that a file was exported from.
-- reads pg_control_system, the catalog, what guard_problem reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_is_own(p_system bigint, p_database oid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        pydb_internal.guard_problem() is null
        and p_system = (select s.system_identifier from pg_control_system() as s)
        and p_database = (select d.oid from pg_database as d where d.datname = current_database()), false
    );
$$;

comment on function pydb_internal.archive_is_own(bigint, oid) is
'True for the system identifier of this server and the oid of this database: a clone or a restored database is
another, and so is one that was restored, promoted or copied until somebody allowed it (pydb.guard_allow).';

revoke all on function pydb_internal.archive_is_own(bigint, oid) from public;
