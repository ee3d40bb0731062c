-- pydb_internal.reference_enter (guard): before a delete under a snapshot that
-- stays as it is: no logical reference was made, changed or dropped since.
-- reads pydb_internal.reference_gate   writes nothing   locks its row (share), under such a snapshot alone
-- raises 40001 where one was
create or replace function pydb_internal.reference_enter()
returns void
language plpgsql
security definer -- whoever deletes has no right on the gate; it tells nothing
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        perform 1 from pydb_internal.reference_gate as g for share;
    end if;
end
$$;

comment on function pydb_internal.reference_enter() is
'Raises 40001 under repeatable read and serializable where the transaction''s snapshot is older than the last change of
a logical reference.';

revoke all on function pydb_internal.reference_enter() from public;
