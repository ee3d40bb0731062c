-- pydb_internal.governor_slot_wal (governor): indicator: WAL that slots keep.
-- reads pg_replication_slots, pydb.governor_indicator   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.governor_slot_wal(p_relation regclass)
returns pydb.governor_reading
language plpgsql
stable
security definer -- a run needs no right on what the server tells the owner
set search_path = pg_catalog, pg_temp
as $$
declare
    v_out constant text[] := (select g.leaves_out from pydb.governor_indicator as g where g.name = 'slot_wal');
    v_reading pydb.governor_reading;
begin
    v_reading.unit := 'bytes';
    v_reading.known := true;
    select
        coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)), 0)::float8,
        coalesce((array_agg(format('slot %s%s', s.slot_name, case when s.active then '' else ', which nobody reads' end)
            order by s.restart_lsn))[1], 'no slot')
    into v_reading.value, v_reading.reason
    from pg_replication_slots as s
    where s.restart_lsn is not null and not s.slot_name = any(v_out);
    return v_reading;
end
$$;

comment on function pydb_internal.governor_slot_wal(regclass) is
'Bytes of WAL that the slot which is furthest behind keeps from being removed.';

revoke all on function pydb_internal.governor_slot_wal(regclass) from public;
