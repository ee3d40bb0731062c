-- pydb_internal.export_goes_along (export; for pydb/archive/export.py): do rows of other tables go along with those of
-- a policy that exports.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD002 YD005
create or replace function pydb_internal.export_goes_along(p_policy text)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_get(p_policy);
begin
    if v_policy.action <> 'export' or (pydb_internal.retention_reach(v_policy)).way = 'plain' then
        return false;
    elsif not has_function_privilege(
        'pydb.archive_export_run(bigint, uuid, regclass, boolean, bigint, interval)', 'EXECUTE'
    ) then
        -- before anything is archived that could not go on
        raise exception using errcode = 'YD005',
            message = format('%s may not take archived rows to files', current_user),
            detail = format(
                'Rows of other tables go along with those of %s: they are archived first.', v_policy.target_name
            ),
            hint = format('grant pydb_admin to %I;', current_user);
    end if;
    return true;
end
$$;

comment on function pydb_internal.export_goes_along(text) is
'True where an export of a policy archives first: rows of other tables go with its own, under one run. YD005 for who may
not take archived rows to files.';

revoke all on function pydb_internal.export_goes_along(text) from public;
