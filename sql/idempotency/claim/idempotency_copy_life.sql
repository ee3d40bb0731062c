-- pydb_internal.idempotency_copy_life (claim; trigger): trigger that copies setting idempotency_ttl to where claims
-- read it.
-- reads nothing   writes pydb_internal.idempotency_life   locks its row
-- raises nothing
create or replace function pydb_internal.idempotency_copy_life()
returns trigger
language plpgsql
security definer -- whoever may change the setting
set search_path = pg_catalog, pg_temp
as $$
begin
    update pydb_internal.idempotency_life set life = new.value::interval;
    return null;
end
$$;

comment on function pydb_internal.idempotency_copy_life() is
'Sets the default life of a key, together with the setting and in its transaction.';

revoke all on function pydb_internal.idempotency_copy_life() from public;

create or replace trigger setting_idempotency_life
after insert or update on pydb.setting
for each row when (new.name = 'idempotency_ttl') execute function pydb_internal.idempotency_copy_life();
