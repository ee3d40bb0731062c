-- pydb_internal.retention_approval_vet (guard; by retention_policy_approve): hook of drafts: an approval is what it
-- says; who gives it is what counts.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_approval_vet(p_draft jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'policy', p_draft ->> 'policy', 'reason', p_draft ->> 'reason', 'digest', p_draft ->> 'digest'
    );
$$;

comment on function pydb_internal.retention_approval_vet(jsonb) is
'The draft of an approval: name, reason, what was seen.';

revoke all on function pydb_internal.retention_approval_vet(jsonb) from public;
