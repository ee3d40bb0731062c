-- pydb_internal.governor_disk_used (governor; by governor_ask): indicator: how full the disk is.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.governor_disk_used(p_relation regclass)
returns pydb.governor_reading
language plpgsql
stable
security definer -- a run needs no right on what the server tells the owner
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reading pydb.governor_reading;
begin
    v_reading.unit := '%';
    v_reading.reason := 'the server does not tell; name a function of your own that can';
    return v_reading;
end
$$;

comment on function pydb_internal.governor_disk_used(regclass) is
'Not available: PostgreSQL has no function that tells. A place for a function of your own.';

revoke all on function pydb_internal.governor_disk_used(regclass) from public;
