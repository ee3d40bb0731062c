-- pydb_internal.event_of_orphans (write; trigger): trigger that writes an event where a scan finds another number of
-- orphans than the one before, or cannot look.
-- reads settings   writes pydb_internal.event_waiting   locks nothing
-- raises nothing
create or replace function pydb_internal.event_of_orphans()
returns trigger
language plpgsql
security definer -- whoever may scan; what is written is the name of a reference and a count, no rows
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pydb_internal.event_add('orphans', jsonb_build_object(
        'reference', new.reference, 'status', new.status, 'orphans', new.orphans, 'was', old.orphans
    ));
    return null;
end
$$;

comment on function pydb_internal.event_of_orphans() is
'Writes an event of topic orphans: reference, status, orphans, was; no rows.';

revoke all on function pydb_internal.event_of_orphans() from public;

create or replace trigger orphan_finding_event
after update of orphans, status on pydb.orphan_finding
for each row when (
    old.orphans is distinct from new.orphans and coalesce(old.orphans, 0) <> coalesce(new.orphans, 0)
    or old.status is distinct from new.status and new.status in ('skipped', 'error')
) execute function pydb_internal.event_of_orphans();
