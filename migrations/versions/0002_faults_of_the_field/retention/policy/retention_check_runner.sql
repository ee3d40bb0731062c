-- pydb_internal.retention_check_runner (policy; by retention_open): refuse to delete as a role, or in a session, in
-- which the result could not be trusted.
-- reads the catalog   writes nothing   locks nothing
-- raises YD001 YD005 YD014 YD114, 42501 where rows are hidden
create or replace function pydb_internal.retention_check_runner(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_author oid := to_regrole(quote_ident(p_policy.author))::oid;
begin
    if current_setting('session_replication_role') = 'replica' then
        raise exception using errcode = 'YD001', message = 'session_replication_role is replica',
            detail = 'Foreign keys and triggers are off in this session: deletes would leave orphans.',
            hint = 'set session_replication_role = origin;';
    end if;
    if p_policy.filter is not null and not p_policy.builtin
        and (v_author is null or not pg_has_role(v_author, current_user, 'MEMBER'))
    then
        raise exception using errcode = 'YD114',
            message = format('the filter of policy %s may not run as %I', p_policy.name, current_user),
            detail = format('Its author %I could not become %I himself.', p_policy.author, current_user),
            hint = format('Have a member of %I set the policy again, or run it as a role that %I belongs to.',
                current_user, p_policy.author);
    end if;
    perform pydb_internal.retention_check_hurdles(p_policy);
end
$$;

comment on function pydb_internal.retention_check_runner(pydb.retention_policy) is
'Raises YD005 for missing privileges, YD014 for publications that refuse a delete, 42501 where row-level security hides
rows, YD114 if the author of the filter could not become the role that runs it, YD001 in
a session without foreign keys.';

revoke all on function pydb_internal.retention_check_runner(pydb.retention_policy) from public;
