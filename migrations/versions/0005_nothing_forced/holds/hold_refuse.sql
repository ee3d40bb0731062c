-- pydb.hold_refuse: enter into the audit log that a delete was refused for a hold: after the refusal itself was rolled
-- back.
-- writes pydb.audit_log   locks nothing
-- raises YD001 YD007
create or replace function pydb.hold_refuse(p_subject text, p_detail text, p_keys bigint default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pydb_internal.run_check_read_write();
    if coalesce(p_subject, '') = '' then
        raise exception using errcode = 'YD001', message = 'a refusal is about something',
            detail = 'p_subject is null or empty.',
            hint = 'select pydb.hold_refuse(''schema.table'', ''what was said'');';
    end if;
    perform pydb_internal.audit_say('hold_refuse', left(p_subject, 255), jsonb_strip_nulls(jsonb_build_object(
        'said', left(p_detail, 2000), 'keys', p_keys
    )), null);
end
$$;

comment on function pydb.hold_refuse(text, text, bigint) is
'Enters a refusal (YD703) into pydb.audit_log, of a transaction that was rolled back with it: pydb cascade delete does
so by itself, and whoever calls pydb.cascade_delete should. What runs and jobs spare they enter themselves. p_keys: how
many rows were asked for, never which.';

revoke all on function pydb.hold_refuse(text, text, bigint) from public;
