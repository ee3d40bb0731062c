-- pydb_internal.retention_check_shape (guard; by retention_open): hold a policy whose tables changed, or warn.
-- reads the catalog, pydb.guard_subject, settings   writes pydb.guard_subject (the first time)   locks nothing
-- raises YD841; warns YD841
create or replace function pydb_internal.retention_check_shape(p_policy pydb.retention_policy, p_dry_run boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_policy.builtin then
        return; -- pydb's own tables change with pydb
    elsif not p_dry_run then
        perform pydb_internal.retention_shape_adopt(p_policy.name);
    end if;
    perform pydb_internal.guard_check_shape(
        'policy', p_policy.name, pydb_internal.retention_shape(p_policy), p_dry_run
    );
end
$$;

comment on function pydb_internal.retention_check_shape(pydb.retention_policy, boolean) is
'Raises or warns YD841 as guard_check_shape does; the first run of a policy that was set before there was a guard takes
what it finds.';

revoke all on function pydb_internal.retention_check_shape(pydb.retention_policy, boolean) from public;
