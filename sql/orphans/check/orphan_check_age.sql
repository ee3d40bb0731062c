-- pydb_internal.orphan_check_age (check; by orphan_repair): refuse to call younger rows orphans than the setting
-- allows, to who may not change the setting.
-- reads settings   writes nothing   locks nothing
-- raises YD005
create or replace function pydb_internal.orphan_check_age(p_min_age interval, p_dry_run boolean)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_least constant interval := pydb_internal.setting_get(p_name => 'orphan_min_age')::interval;
begin
    if p_min_age < v_least and not coalesce(p_dry_run, false)
        and not has_function_privilege('pydb.setting_set(text, text)', 'EXECUTE')
    then
        raise exception using errcode = 'YD005',
            message = format('%s may not repair rows that are younger than %s', current_user, v_least),
            detail = format('p_min_age is %s, the setting orphan_min_age is longer.', p_min_age),
            hint = 'Leave p_min_age out, or ask who may: select pydb.setting_set(''orphan_min_age'', ''1 min'');';
    end if;
end
$$;

comment on function pydb_internal.orphan_check_age(interval, boolean) is
'Raises YD005 where a repair is asked to go below the setting orphan_min_age by a role that may not change settings.';

revoke all on function pydb_internal.orphan_check_age(interval, boolean) from public;
