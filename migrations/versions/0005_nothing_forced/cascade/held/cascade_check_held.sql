-- pydb_internal.cascade_check_held (held): before what a walk found goes or is set: refuse where a hold keeps a row of
-- it. No hold is placed from here to the commit.
-- reads the relations of the walk, and what their rows are held by   writes nothing   locks the gate of holds
-- raises YD103 YD114 YD703 YD704
create or replace function pydb_internal.cascade_check_held(p_walk pydb_internal.cascade_closure)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not (select e.is_any from pydb_internal.hold_enter() as e) then
        return;
    end if;
    -- of the root first: what is said names what was asked for
    perform pydb_internal.hold_check_rows(s.relation, s.tids)
    from (
        select u.relation, u.tids from unnest(p_walk.parts) as u
        where u.effect in ('delete', 'nullify', 'default')
        order by u.layer, u.relation
    ) as s;
end
$$;

comment on function pydb_internal.cascade_check_held(pydb_internal.cascade_closure) is
'Lets a walk pass that takes and sets no row which a hold keeps.';

revoke all on function pydb_internal.cascade_check_held(pydb_internal.cascade_closure) from public;
