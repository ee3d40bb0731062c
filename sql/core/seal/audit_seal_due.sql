-- pydb_internal.audit_seal_due (seal; by run_drive): seal what was entered, once a minute, when a run has ended.
-- reads pydb.audit_head   writes what audit_seal_batch writes   locks the row of the head
-- raises nothing
create or replace function pydb_internal.audit_seal_due()
returns void
language plpgsql
security definer -- see pydb_internal.audit_seal_batch
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select from pydb.audit_head as h
        where h.sealed_at is null or h.sealed_at not between clock_timestamp() - interval '1 min' and clock_timestamp()
    ) then
        perform pydb_internal.audit_seal_batch();
    end if;
exception when lock_not_available or insufficient_privilege then
    null; -- it has a time of its own
end
$$;

comment on function pydb_internal.audit_seal_due() is
'Seals a block where the last one is older than a minute; for runs, so that nothing has to be scheduled.';

revoke all on function pydb_internal.audit_seal_due() from public;
