-- pydb.entity_approve: the tables of an entity changed, and are as they should be; audited.
-- reads pydb.entity, the catalog   writes pydb.guard_subject, pydb.audit_log   locks its row
-- raises YD002 YD005 YD007 YD843
create or replace function pydb.entity_approve(
    p_name text,
    p_reason text default null,
    p_digest text default null
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.entity_approval_store(pydb_internal.draft_add(
        'entity_approval', jsonb_build_object('entity', p_name, 'reason', p_reason, 'digest', p_digest)
    ));
end
$$;

comment on function pydb.entity_approve(text, text, text) is
'Takes what the tables of an entity look like now for what they should; an entity that was held goes on. p_digest: only
if it is still what pydb.entity_drift told. Returns a sentence.';

revoke all on function pydb.entity_approve(text, text, text) from public;
