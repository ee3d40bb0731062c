-- pydb_internal.cascade_check_shape (root): hold an entity whose tables changed since it was set or approved, or warn.
-- reads pydb.entity, pydb.guard_subject, settings, the catalog   writes nothing   locks nothing
-- raises YD841; warns YD841
create or replace function pydb_internal.cascade_check_shape(p_entity text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entity pydb.entity;
begin
    if p_entity is null then
        return; -- whoever deletes without one need not read them
    end if;
    select e.* into v_entity from pydb.entity as e where e.name = p_entity;
    if found then
        perform pydb_internal.guard_check_shape(
            'entity', p_entity, pydb_internal.reference_shape(v_entity.root, v_entity.edges), false
        );
    end if;
end
$$;

comment on function pydb_internal.cascade_check_shape(text) is
'Raises or warns YD841 as guard_check_shape does; nothing for a cascade without an entity.';

revoke all on function pydb_internal.cascade_check_shape(text) from public;
