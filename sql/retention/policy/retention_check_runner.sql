-- pydb_internal.retention_check_runner (policy; by retention_open): refuse to delete as a role, or in a session, in
-- which the result could not be trusted.
-- reads the catalog   writes nothing   locks nothing
-- raises YD001 YD005 YD014 YD015 YD016 YD103 YD114 YD119 YD123 YD602 YD621, 42501 where rows are hidden
create or replace function pydb_internal.retention_check_runner(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_setting('session_replication_role') = 'replica' then
        raise exception using errcode = 'YD001', message = 'session_replication_role is replica',
            detail = 'Foreign keys and triggers are off in this session: deletes would leave orphans.',
            hint = 'set session_replication_role = origin;';
    end if;
    perform pydb_internal.retention_check_author(p_policy);
    perform pydb_internal.retention_check_hurdles(p_policy);
end
$$;

comment on function pydb_internal.retention_check_runner(pydb.retention_policy) is
'Raises YD005 for missing privileges, YD014 for publications that refuse a delete, 42501 where row-level security hides
rows, YD114 if the author of the filter could not become the role that runs it, YD103 if the filter names what has
changed, YD001 in a session without foreign keys.';

revoke all on function pydb_internal.retention_check_runner(pydb.retention_policy) from public;
