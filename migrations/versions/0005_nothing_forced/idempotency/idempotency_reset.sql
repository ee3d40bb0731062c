-- pydb.idempotency_reset: an operator forgets a key, so that the next claim begins anew; audited.
-- reads and deletes from pydb.idempotency_key, pydb_internal.idempotency_held   writes pydb.audit_log   locks the key's
-- row
-- raises YD007 YD201 YD703
create or replace function pydb.idempotency_reset(
    p_scope text,
    p_key text,
    p_force boolean default false,
    p_reason text default null
)
returns pydb.idempotency_answer
language plpgsql
security definer -- the table is writable to nobody; EXECUTE is the right
set search_path = pg_catalog, pg_temp
as $$
declare
    v_outcome text;
    v_row pydb.idempotency_key;
begin
    perform pydb_internal.run_check_read_write();
    perform pydb_internal.idempotency_check(p_scope, p_key, null, null, 'takeover', null);
    select k.* into v_row from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key for update;
    perform pydb_internal.hold_enter();
    perform pydb_internal.hold_check_rows('pydb.idempotency_key'::regclass, array(
        select k.ctid from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key
    ));
    v_outcome := case
        when v_row.token is null then 'gone'
        when v_row.state = 'pending' and clock_timestamp() < coalesce(v_row.lease_until, v_row.expires_at)
            and p_force is not true then 'in_progress'
        else 'ok'
    end;
    if v_outcome = 'ok' then
        delete from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key;
        delete from pydb_internal.idempotency_held as h where h.scope = p_scope and h.key = p_key;
        perform pydb_internal.audit_add('idempotency_reset', p_scope || '/' || p_key, jsonb_build_object(
            'scope', p_scope, 'key', p_key, 'state', v_row.state, 'token', v_row.token, 'code', v_row.code,
            'forced', p_force, 'reason', p_reason
        ), null);
    end if;
    return pydb_internal.idempotency_answer_row(v_outcome, v_row, clock_timestamp());
end
$$;

comment on function pydb.idempotency_reset(text, text, boolean, text) is
'Deletes a key, whatever is recorded, and returns what was; the next claim starts a new life with a larger token, so a
worker that comes back is fenced. outcome: ok, gone, in_progress (its lease runs; p_force does it all the same).
Audited. If the effect may have happened, resolve the key instead: after a reset it happens again.';

revoke all on function pydb.idempotency_reset(text, text, boolean, text) from public;
