-- pydb_internal.idempotency_check_size (claim): refuse an outcome that is too large to be replayed to everybody.
-- reads pydb.setting   writes nothing   locks nothing
-- raises YD201
create or replace function pydb_internal.idempotency_check_size(p_outcome jsonb)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_bytes constant bigint := pg_column_size(p_outcome);
    v_most constant bigint := pydb_internal.setting_get(p_name => 'idempotency_max_bytes')::bigint;
begin
    if v_bytes > v_most then
        raise exception using errcode = 'YD201', message = format('an outcome of %s bytes cannot be recorded', v_bytes),
            detail = format('Setting idempotency_max_bytes is %s; each retry of the key gets all of it.', v_most),
            hint = format(
                'Record where the result lies instead of the result; or: select pydb.setting_set(%L, %L);',
                'idempotency_max_bytes', v_bytes
            );
    end if;
    return true;
end
$$;

comment on function pydb_internal.idempotency_check_size(jsonb) is
'True; raises YD201 for a result or an error with more bytes than setting idempotency_max_bytes.';

revoke all on function pydb_internal.idempotency_check_size(jsonb) from public;
