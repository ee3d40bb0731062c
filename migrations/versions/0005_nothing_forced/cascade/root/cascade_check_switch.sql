-- pydb_internal.cascade_check_switch (root; by cascade_delete): refuse to delete while the kill switch is on, in a
-- database that was restored, promoted or copied, or in a session that is unfit.
-- reads settings, what guard_admit reads   writes what guard_admit writes   locks nothing else
-- raises YD001 YD307 YD840
create or replace function pydb_internal.cascade_check_switch()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if pydb_internal.setting_get(p_name => 'kill_switch')::boolean then
        raise exception using errcode = 'YD307', message = 'the kill switch is on',
            detail = 'It stops everything of pydb that deletes.', hint = 'select pydb.retention_resume();';
    end if;
    perform pydb_internal.guard_check();
    perform pydb_internal.cascade_check_session();
end
$$;

comment on function pydb_internal.cascade_check_switch() is
'Raises YD307 if the kill switch is on, YD840 where pydb may not delete any more, and what
pydb_internal.cascade_check_session raises.';

revoke all on function pydb_internal.cascade_check_switch() from public;
