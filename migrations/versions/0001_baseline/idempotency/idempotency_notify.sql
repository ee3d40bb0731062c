-- pydb.idempotency_notify: ring for those who wait for a key; in a transaction of its own, after the completion.
-- reads nothing   writes nothing   locks: commits that notify wait for each other, in the whole cluster
-- raises nothing
create or replace function pydb.idempotency_notify(p_scope text, p_key text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_notify('pydb_idempotency', encode(sha256(convert_to(
        octet_length(p_scope) || ':' || p_scope || p_key, 'UTF8'
    )), 'hex'));
end
$$;

comment on function pydb.idempotency_notify(text, text) is
'Notifies channel pydb_idempotency; the payload is the SHA-256, in hex, of "<bytes of scope>:<scope><key>" in UTF-8.
Only a doorbell: who waits asks pydb.idempotency_peek, and asks now and then without it too.';

revoke all on function pydb.idempotency_notify(text, text) from public;
