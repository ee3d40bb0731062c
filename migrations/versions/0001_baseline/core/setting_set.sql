-- pydb.setting_set: change one setting, after a check of its type and bounds; audited.
-- reads and writes pydb.setting   writes pydb.audit_log   locks the setting's row
-- raises YD008
create or replace function pydb.setting_set(p_name text, p_value text)
returns pydb.setting
language plpgsql
security definer -- the table itself is writable to nobody else; EXECUTE is the right
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.setting;
    v_new pydb.setting;
    v_good boolean;
begin
    perform pydb_internal.setting_get(p_name);
    begin
        v_good := case
            when p_name = 'kill_switch' then p_value::boolean is not null
            when p_name in ('batch_target', 'lock_timeout')
                then p_value::interval between interval '10 ms' and interval '60 s'
            when p_name = 'min_keep' then p_value::interval > interval '0'
            when p_name = 'job_run_keep'
                then p_value is null or p_value::interval between interval '1 day' and interval '100 years'
            when p_name = 'stale_after' then p_value::interval >= interval '1 min'
            when p_name in ('orphan_min_age', 'schedule_grace') then p_value::interval >= interval '0'
            when p_name = 'idempotency_ttl' then p_value::interval between interval '1 s' and interval '10 years'
            when p_name = 'idempotency_prune_rows' then p_value::integer between 1 and 1000000
            when p_name like 'cascade\_unindexed\_%' then p_value::bigint >= 0
            when p_name = 'retry_limit' then p_value::integer between 0 and 100
            when p_name = 'schedule_backend' then p_value in ('auto', 'pg_cron', 'pydb')
            else true
        end;
    exception when data_exception then
        v_good := false;
    end;
    if v_good is not true then
        raise exception using errcode = 'YD008', message = format('setting %s cannot be %L', p_name, p_value),
            detail = (select s.description from pydb.setting as s where s.name = p_name),
            hint = format('select pydb.setting_set(%L, %L);', p_name, pydb_internal.setting_get(p_name));
    end if;
    select s.* into v_old from pydb.setting as s where s.name = p_name for update;
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
'Changes one setting and returns its row. The value is checked against the setting''s type and bounds (YD008) and
the change is written to pydb.audit_log. Runs read settings before every batch, so it takes effect within one.';

revoke all on function pydb.setting_set(text, text) from public;
