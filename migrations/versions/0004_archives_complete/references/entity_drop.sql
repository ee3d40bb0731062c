-- pydb.entity_drop: remove an entity; its rows and its jobs stay; audited.
-- reads and writes pydb.entity   writes pydb.audit_log   locks the entity's row
-- raises YD002 YD007
create or replace function pydb.entity_drop(p_name text)
returns boolean
language plpgsql
security definer -- see pydb_internal.entity_store
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.entity;
begin
    perform pydb_internal.run_check_read_write();
    delete from pydb.entity as e where e.name = p_name returning e.* into v_old;
    if not found then
        raise exception using errcode = 'YD002', message = format('there is no entity %L', p_name),
            detail = coalesce(
                'Known: ' || (select string_agg(e.name, ', ' order by e.name) from pydb.entity as e),
                'No entity has been set yet.'
            ),
            hint = 'pydb entity list, or: select name, root from pydb.entity;';
    end if;
    perform pydb_internal.audit_add('entity_drop', p_name, jsonb_build_object('old', to_jsonb(v_old)), null);
    return true;
end
$$;

comment on function pydb.entity_drop(text) is
'Removes an entity and returns true; an unknown name raises YD002. No row of its tables is touched.';

revoke all on function pydb.entity_drop(text) from public;
