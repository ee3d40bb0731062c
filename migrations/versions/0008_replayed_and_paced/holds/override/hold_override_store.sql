-- pydb_internal.hold_override_store (override; by hold_override): store a checked override of a hold; audited.
-- writes pydb.hold, pydb.audit_log, pydb_internal.draft   locks the gate of holds
-- raises YD001 YD002 YD005 YD705
create or replace function pydb_internal.hold_override_store(p_draft bigint, p_hold text)
returns pydb.hold
language plpgsql
security definer -- the table is writable through this function alone, and it is granted by itself
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('hold', p_draft);
    v_hold pydb.hold := jsonb_populate_record(null::pydb.hold, v_draft.content);
begin
    if not exists (
        select from pydb.hold as h where h.name = p_hold and h.released_at is null and h.overrides is null
    ) then
        raise exception using errcode = 'YD002',
            message = format('there is no hold %s', coalesce(p_hold, 'without a name')),
            detail = 'Only a hold that was not released can be overridden.',
            hint = 'select name, state, reason from pydb.hold_status order by placed_at desc;';
    elsif v_hold.kind <> 'key' then
        raise exception using errcode = 'YD001', message = 'an override names its rows by keys',
            detail = 'To end a hold for all rows, release it.', hint = 'p_keys => ''[{"id": 42}]''';
    end if;
    insert into pydb.hold (
        name, kind, relation, relation_name, key_columns, key_values, keys, reason, until, placed_by, placed_by_role,
        overrides, tables_seen, columns_seen
    )
    values (
        v_hold.name, v_hold.kind, v_hold.relation, v_hold.relation_name, v_hold.key_columns, v_hold.key_values,
        v_hold.keys, v_hold.reason, v_hold.until, v_draft.author, v_draft.author_role, p_hold, v_hold.tables_seen,
        v_hold.columns_seen
    )
    returning * into v_hold;
    perform pydb_internal.hold_shut(false);
    perform pydb_internal.audit_add('hold_override', p_hold, jsonb_build_object(
        'id', v_hold.id, 'name', v_hold.name, 'relation', v_hold.relation_name, 'columns', v_hold.key_columns,
        'values', v_hold.key_values, 'reason', v_hold.reason, 'until', v_hold.until
    ), null);
    return v_hold;
end
$$;

comment on function pydb_internal.hold_override_store(bigint, text) is
'Stores the override that a draft of this transaction describes.';

revoke all on function pydb_internal.hold_override_store(bigint, text) from public;
