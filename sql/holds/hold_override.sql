-- pydb.hold_override: exempt some rows from one hold for a while, with a reason; audited.
-- reads the catalog   writes pydb.hold, pydb.audit_log   locks the gate of holds until the caller commits
-- raises YD001 YD002 YD003 YD004 YD005 YD007 YD701 YD705
create or replace function pydb.hold_override(
    p_hold text,
    p_table regclass,
    p_keys jsonb,
    p_reason text,
    p_for interval default '1 hour'
)
returns pydb.hold
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.hold_override_store(pydb_internal.draft_add('hold', jsonb_build_object(
        'name', format('override of %s %s', left(p_hold, 200), gen_random_uuid()), 'relation', p_table::oid,
        'keys', p_keys, 'filter', null, 'tenant', null, 'reason', p_reason,
        'until', clock_timestamp() + coalesce(p_for, interval '1 hour'), 'tables', null
    )), p_hold);
end
$$;

comment on function pydb.hold_override(text, regclass, jsonb, text, interval) is
'For a while, the rows of a table with these keys, and what hangs on them, are not held by the hold of this name; other
holds hold them still. A right of its own: no role has it but who is granted EXECUTE, or pydb_counsel. It is recorded
with its reason, ends by itself (p_for), and earlier by pydb.hold_release with the name that it returns.';

revoke all on function pydb.hold_override(text, regclass, jsonb, text, interval) from public;
