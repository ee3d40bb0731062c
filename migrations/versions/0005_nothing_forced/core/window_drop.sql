-- pydb.window_drop: remove a window that nothing names; audited.
-- reads pydb_internal.run_kind, what the kinds say of their windows   writes pydb.run_window, pydb.audit_log
-- locks the window's row
-- raises YD007 YD823
create or replace function pydb.window_drop(p_name text)
returns boolean
language plpgsql
security definer -- see pydb.window_set
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.run_window;
    v_users text[];
begin
    perform pydb_internal.run_check_read_write();
    select w.* into v_old from pydb.run_window as w where w.name = p_name for update;
    if not found then
        return false;
    end if;
    v_users := pydb_internal.window_users(p_name);
    if cardinality(v_users) > 0 then
        raise exception using errcode = 'YD823', message = format('window %s is in use', p_name),
            detail = format('It is named by %s.', array_to_string(v_users, ', ')),
            hint = format('select name, windows, catch_up_windows from pydb.retention_policy where %L = any(windows || '
                'catch_up_windows);', p_name);
    end if;
    delete from pydb.run_window as w where w.name = p_name;
    perform pydb_internal.audit_add('window_drop', p_name, jsonb_build_object('old', to_jsonb(v_old)), null);
    return true;
end
$$;

comment on function pydb.window_drop(text) is
'Removes a window; false if there is none of that name, YD823 while a policy names it. Runs of the kinds that it held
for go on at any time.';

revoke all on function pydb.window_drop(text) from public;
