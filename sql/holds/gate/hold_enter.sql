-- pydb_internal.hold_enter (gate): before a batch deletes: no hold is placed from here to its commit.
-- reads pydb_internal.hold_gate   writes nothing   locks it (row exclusive)
-- raises 40001 where a hold was placed since the caller's snapshot
create or replace function pydb_internal.hold_enter(out generation bigint, out is_any boolean)
returns record
language plpgsql
security definer -- whoever deletes has no right on the gate; it says nothing but a number
set search_path = pg_catalog, pg_temp
as $$
begin
    lock table pydb_internal.hold_gate in row exclusive mode;
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        -- its snapshot may be older than the lock: the row tells
        select g.generation, g.holds > 0 into generation, is_any from pydb_internal.hold_gate as g for share;
        return;
    end if;
    -- read after the lock: what was committed before it is seen
    select g.generation, g.holds > 0 into generation, is_any from pydb_internal.hold_gate as g;
end
$$;

comment on function pydb_internal.hold_enter() is
'Locks the gate of holds for a delete, up to the end of the transaction, and says whether there is any hold and how
often holds have changed.';

revoke all on function pydb_internal.hold_enter() from public;
