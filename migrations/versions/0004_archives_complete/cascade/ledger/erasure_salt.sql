-- pydb_internal.erasure_salt (ledger): the salt of the next erasure of an entity.
-- reads pydb.erasure   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.erasure_salt(p_entity text)
returns bytea
language sql
volatile
security definer -- who may erase need not read the ledger
set search_path = pg_catalog, pg_temp
as $$
    -- one for all of an entity, so that one scan finds the rows of all its erasures
    select coalesce((
        select e.salt from pydb.erasure as e where e.entity = p_entity order by e.requested_at desc, e.id limit 1
    ), uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
$$;

comment on function pydb_internal.erasure_salt(text) is
'The salt of the newest erasure of the entity, else a random one of 32 bytes.';

revoke all on function pydb_internal.erasure_salt(text) from public;
