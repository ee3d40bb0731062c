-- pydb.retention_policy_approve: a policy may run as it is now, with its tables as they are; audited.
-- reads pydb.retention_policy, the catalog   writes pydb.guard_subject, pydb.audit_log   locks its row
-- raises YD002 YD005 YD007 YD843
create or replace function pydb.retention_policy_approve(
    p_policy text,
    p_reason text default null,
    p_digest text default null
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.retention_approval_store(pydb_internal.draft_add(
        'retention_approval', jsonb_build_object('policy', p_policy, 'reason', p_reason, 'digest', p_digest)
    ));
end
$$;

comment on function pydb.retention_policy_approve(text, text, text) is
'Approves a policy as it is now: what it says, and what its tables look like. One that waited for approval, or was held
because its tables changed, runs again. Where the approval of another is asked for (pydb.guard_set, setting
policy_approval), YD843 for the login role that set it, by whatever role it acts. p_digest: only if it is still what
pydb.retention_policy_drift told. Returns a sentence.';

revoke all on function pydb.retention_policy_approve(text, text, text) from public;
