-- pydb.governor_drop: remove an indicator of your own, or the function that stands in for one of pydb's; audited.
-- reads and writes pydb.governor_indicator   writes pydb.audit_log   locks the indicator's row
-- raises YD007 YD802
create or replace function pydb.governor_drop(p_name text)
returns boolean
language plpgsql
security definer -- see pydb_internal.governor_store
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.governor_indicator;
begin
    perform pydb_internal.run_check_read_write();
    select g.* into v_old from pydb.governor_indicator as g where g.name = p_name for update;
    if v_old.name is null or v_old.is_builtin and v_old.function is null then
        raise exception using errcode = 'YD802', message = case
                when v_old.name is null then format('the governor has no indicator %L', p_name)
                else format('indicator %s is one of pydb''s own', p_name)
            end,
            detail = 'Known: ' || (
                select string_agg(g.name, ', ' order by g.name) from pydb.governor_indicator as g
            ),
            hint = case
                when v_old.name is null then 'select indicator, signal, reason from pydb.governor_status;'
                else format('select pydb.governor_set(%L, p_enabled => false);', p_name)
            end;
    end if;
    if v_old.is_builtin then
        update pydb.governor_indicator as g set function = null, updated_at = now() where g.name = p_name;
    else
        delete from pydb.governor_indicator as g where g.name = p_name;
    end if;
    perform pydb_internal.audit_add('governor_drop', p_name, jsonb_build_object('old', to_jsonb(v_old)), null);
    return true;
end
$$;

comment on function pydb.governor_drop(text) is
'Removes an indicator and returns true; one of pydb''s own gets its own function back. YD802 for an unknown name.';

revoke all on function pydb.governor_drop(text) from public;
