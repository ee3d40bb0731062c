-- pydb_internal.audit_seal_due (seal; by run_series): seal what was entered, once a minute, before and after runs.
-- reads pydb.audit_head   writes what audit_seal_batch writes   locks the row of the head
-- raises nothing
create or replace function pydb_internal.audit_seal_due()
returns void
language plpgsql
security definer -- see pydb_internal.audit_seal_batch
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sealed_at constant timestamptz := (select h.sealed_at from pydb.audit_head as h);
    v_now constant timestamptz := clock_timestamp();
begin
    if v_sealed_at is null or v_sealed_at not between v_now - interval '1 min' and v_now then
        perform pydb_internal.audit_seal_batch();
    end if;
exception when others then
    null; -- no run fails for it, and the next one tries again; a cancel goes through
end
$$;

comment on function pydb_internal.audit_seal_due() is
'Seals a block where the last one is older than a minute; for runs, so that nothing has to be scheduled.';

revoke all on function pydb_internal.audit_seal_due() from public;
