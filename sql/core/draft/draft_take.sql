-- pydb_internal.draft_take (draft): the checked draft that a store routine was called for; it is used up.
-- writes pydb_internal.draft   locks the rows it deletes
-- raises YD005
create or replace function pydb_internal.draft_take(p_kind text, p_draft bigint)
returns pydb_internal.draft
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft pydb_internal.draft;
begin
    delete from pydb_internal.draft as d
    where d.id = p_draft and d.kind = p_kind and d.xid = pg_current_xact_id()
    returning d.* into v_draft;
    if not found then
        raise exception using errcode = 'YD005', message = format('nothing was checked to be stored as %s', p_kind),
            detail = format('%s is no draft of this transaction.', coalesce(p_draft::text, 'null')),
            hint = 'Call the routine of schema pydb that stores it: \df pydb.*';
    end if;
    -- what a transaction left behind that never came to its store routine
    delete from pydb_internal.draft as d where d.xid < pg_snapshot_xmin(pg_current_snapshot());
    return v_draft;
end
$$;

comment on function pydb_internal.draft_take(text, bigint) is
'A draft of this transaction and of that kind, taken out of the table; YD005 if there is none. For routines that run as
the owner: nobody else may call it.';

revoke all on function pydb_internal.draft_take(text, bigint) from public;
