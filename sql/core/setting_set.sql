-- pydb.setting_set: change one setting, after a check of its type and bounds; audited.
-- reads and writes pydb.setting   writes pydb.audit_log   locks the setting's row
-- raises YD005 YD007 YD008
create or replace function pydb.setting_set(p_name text, p_value text)
returns pydb.setting
language plpgsql
security definer -- the table itself is writable to nobody else; EXECUTE is the right
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.setting;
    v_new pydb.setting;
    v_problem text;
begin
    perform pydb_internal.run_check_read_write();
    perform pydb_internal.setting_get(p_name);
    select s.* into v_old from pydb.setting as s where s.name = p_name for update;
    if v_old.owner_only and not pg_has_role(
        session_user, (select n.nspowner from pg_namespace as n where n.nspname = 'pydb'), 'MEMBER'
    ) then
        raise exception using errcode = 'YD005', message = format('%I may not change %s', session_user, p_name),
            detail = 'It guards against those who may change the others: only a member of the owner of pydb can.',
            hint = format('as the owner: select pydb.setting_set(%L, %L);', p_name, p_value);
    end if;
    v_problem := pydb_internal.setting_problem(v_old, p_value);
    if v_problem is not null then
        raise exception using errcode = 'YD008', message = format('setting %s cannot be %L', p_name, p_value),
            detail = format('It %s. %s: %s.', v_problem, p_name, v_old.description),
            hint = case v_old.value_type
                when 'role' then 'select rolname from pg_roles order by rolname;'
                else format('select pydb.setting_set(%L, %L);', p_name, v_old.value)
            end;
    end if;
    if v_old.value_type = 'role' and p_value is not null and not pg_has_role(session_user, p_value::name, 'MEMBER') then
        raise exception using errcode = 'YD005', message = format('%I may not name the role %I', session_user, p_value),
            detail = 'Jobs would run as a role that who names it could not become himself.',
            hint = format('grant %I to %I; or have a member of it set %s', p_value, session_user, p_name);
    end if;
    update pydb.setting as s
    set value = p_value, updated_at = now(), updated_by = session_user
    where s.name = p_name
    returning s.* into v_new;
    if v_old.value is distinct from v_new.value then
        perform pydb_internal.audit_add(
            'setting_set', p_name, jsonb_build_object('old', v_old.value, 'new', v_new.value), null
        );
    end if;
    return v_new;
end
$$;

comment on function pydb.setting_set(text, text) is
'Changes one setting and returns its row. The value is checked against the setting''s type and bounds (YD008); a role
must be one that the login role could become (YD005), and a setting that is owner_only changes only for a member of the
owner of pydb. The change is written to pydb.audit_log. Runs read settings before
every batch, so it takes effect within one.';

revoke all on function pydb.setting_set(text, text) from public;
