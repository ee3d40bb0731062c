-- pydb_internal.retention_approval_store (guard; by retention_policy_approve): enter that a policy may run as it is
-- now.
-- reads pydb.retention_policy, the catalog   writes pydb.guard_subject, pydb.audit_log, pydb_internal.draft
-- locks its row
-- raises YD002 YD005 YD843
create or replace function pydb_internal.retention_approval_store(p_draft bigint)
returns text
language plpgsql
security definer -- what is approved is looked up here, and is nobody's word
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('retention_approval', p_draft);
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_get(v_draft.content ->> 'policy');
begin
    return pydb_internal.guard_approve(
        'policy', v_policy.name, pydb_internal.retention_version(v_policy), pydb_internal.retention_shape(v_policy),
        v_draft
    );
end
$$;

comment on function pydb_internal.retention_approval_store(bigint) is
'Enters an approval that was drafted in this transaction, with what the tables look like now; a sentence.';

revoke all on function pydb_internal.retention_approval_store(bigint) from public;
