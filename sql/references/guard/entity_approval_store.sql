-- pydb_internal.entity_approval_store (guard; by entity_approve): enter that the tables of an entity are as
-- they should be.
-- reads pydb.entity, the catalog   writes pydb.guard_subject, pydb.audit_log, pydb_internal.draft   locks its row
-- raises YD002 YD005 YD843
create or replace function pydb_internal.entity_approval_store(p_draft bigint)
returns text
language plpgsql
security definer -- what is approved is looked up here, and is nobody's word
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('entity_approval', p_draft);
    v_entity pydb.entity;
begin
    select e.* into v_entity from pydb.entity as e where e.name = v_draft.content ->> 'entity';
    if not found then
        raise exception using errcode = 'YD002', message = format('unknown entity %L', v_draft.content ->> 'entity'),
            detail = 'There is none of that name.', hint = 'select name, root from pydb.entity;';
    end if;
    return pydb_internal.guard_approve(
        'entity', v_entity.name, '', pydb_internal.reference_shape(v_entity.root, v_entity.edges), v_draft
    );
end
$$;

comment on function pydb_internal.entity_approval_store(bigint) is
'Enters an approval that was drafted in this transaction, with what the tables look like now; a sentence.';

revoke all on function pydb_internal.entity_approval_store(bigint) from public;
