-- pydb_internal.entity_store (set; by entity_set): write a checked entity, under the role that set it; no change,
-- no trace.
-- reads and writes pydb.entity, pydb_internal.draft   writes pydb.audit_log   locks the entity's row
-- raises YD005
create or replace function pydb_internal.entity_store(p_draft bigint)
returns pydb.entity
language plpgsql
security definer -- the table is writable through this function alone
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('entity', p_draft);
    v_old pydb.entity;
    v_new pydb.entity := jsonb_populate_record(null::pydb.entity, v_draft.content);
begin
    -- two at once: the second waits, and sees the first
    perform pg_advisory_xact_lock(hashtextextended('pydb.entity', 0));
    select e.* into v_old from pydb.entity as e where e.name = v_new.name for update;
    v_new.author := v_draft.author;
    v_new.created_at := coalesce(v_old.created_at, now());
    v_new.updated_at := coalesce(v_old.updated_at, now());
    -- an interval equals another of the same length on paper
    if v_new is not distinct from v_old and v_new.grace::text = v_old.grace::text then
        return v_old;
    end if;
    v_new.updated_at := now();
    delete from pydb.entity as e where e.name = v_new.name;
    insert into pydb.entity select v_new.*;
    perform pydb_internal.guard_request(
        'entity', v_new.name, null, pydb_internal.reference_shape(v_new.root, v_new.edges), v_draft
    );
    perform pydb_internal.audit_add(
        'entity_set', v_new.name, jsonb_build_object('old', to_jsonb(v_old), 'new', to_jsonb(v_new)), null
    );
    return v_new;
end
$$;

comment on function pydb_internal.entity_store(bigint) is 'Stores an entity whose draft was checked in this
transaction.';

revoke all on function pydb_internal.entity_store(bigint) from public;
