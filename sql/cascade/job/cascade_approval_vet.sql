-- pydb_internal.cascade_approval_vet (job; by cascade_approve): hook of drafts: an approval is what it says; who gives
-- it is what counts.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_approval_vet(p_draft jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object('job', (p_draft ->> 'job')::bigint);
$$;

comment on function pydb_internal.cascade_approval_vet(jsonb) is 'The draft of an approval: the id of the job.';

revoke all on function pydb_internal.cascade_approval_vet(jsonb) from public;
