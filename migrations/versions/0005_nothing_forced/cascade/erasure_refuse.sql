-- pydb.erasure_refuse: enter into the ledger that an erasure was asked for and refused.
-- reads the root table, pydb.entity   writes pydb.erasure, pydb.audit_log   locks nothing above a select
-- raises YD001 YD002 YD005 YD007 YD301
create or replace function pydb.erasure_refuse(
    p_entity text,
    p_keys jsonb,
    p_reason text,
    p_sqlstate text,
    p_deadline interval default null
)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.erasure_store(pydb_internal.draft_add('erasure', jsonb_strip_nulls(jsonb_build_object(
        'entity', p_entity, 'keys', p_keys, 'reason', p_reason, 'deadline', p_deadline,
        'refusal', case when p_sqlstate = 'YD306' then 'not_approved' when p_sqlstate in ('YD302', 'YD703')
            then 'blocked' else 'error' end
    ))));
end
$$;

comment on function pydb.erasure_refuse(text, jsonb, text, text, interval) is
'Enters a refused erasure and returns its id. What cascade_delete and cascade_request refuse they undo whole, so this is
called after it, with the SQLSTATE of the refusal; pydb cascade delete with --reason does. A job that is cancelled is
entered by itself.';

revoke all on function pydb.erasure_refuse(text, jsonb, text, text, interval) from public;
