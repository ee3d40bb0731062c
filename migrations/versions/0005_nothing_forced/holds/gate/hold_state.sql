-- pydb_internal.hold_state (gate): whether there is any hold, and how often they have changed.
-- reads pydb_internal.hold_gate   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_state(out generation bigint, out is_any boolean)
returns record
language plpgsql -- it keeps its plan: asked for every relation
stable
security definer -- whoever plans has no right on the gate; it says nothing but a number
set search_path = pg_catalog, pg_temp
as $$
begin
    select g.generation, g.holds > 0 into generation, is_any from pydb_internal.hold_gate as g;
end
$$;

comment on function pydb_internal.hold_state() is 'As hold_enter, of a look that deletes nothing.';

revoke all on function pydb_internal.hold_state() from public;
