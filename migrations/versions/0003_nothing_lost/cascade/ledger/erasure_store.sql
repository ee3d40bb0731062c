-- pydb_internal.erasure_store (ledger): enter an erasure into the ledger; null where it is there already.
-- writes pydb.erasure, pydb_internal.draft, pydb.audit_log   locks nothing
-- raises YD005
create or replace function pydb_internal.erasure_store(p_draft bigint)
returns uuid
language plpgsql
security definer -- the ledger is written by its routines alone
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('erasure', p_draft);
    v_row pydb.erasure := jsonb_populate_record(null::pydb.erasure, v_draft.content);
begin
    if v_row.imported_at is null then
        v_row.requested_by := v_draft.author;
    elsif exists (select from pydb.erasure as e where e.id = v_row.id) then
        return null;
    else
        perform pydb_internal.audit_add('erasure_import', v_row.entity, jsonb_build_object('erasure', v_row.id), null);
    end if;
    return pydb_internal.erasure_enter(v_row);
end
$$;

comment on function pydb_internal.erasure_store(bigint) is
'Enters the erasure of a draft of this transaction, asked for by whoever added that, or one out of a file as it is;
returns its id.';

revoke all on function pydb_internal.erasure_store(bigint) from public;
