-- pydb_internal.hold_store (place; by hold_place): write a checked hold, under the role that placed it, when the last
-- batch that does not know of it has ended.
-- writes pydb.hold, pydb.audit_log, pydb_internal.draft   locks the gate of holds
-- raises YD005 YD702 YD705
create or replace function pydb_internal.hold_store(p_draft bigint)
returns pydb.hold
language plpgsql
security definer -- the table is writable through this function alone
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('hold', p_draft);
    v_hold pydb.hold := jsonb_populate_record(null::pydb.hold, v_draft.content);
begin
    begin
        insert into pydb.hold (
            name, kind, relation, relation_name, tables, key_columns, key_values, keys, filter, reason, until,
            placed_by, placed_by_role, tables_seen, columns_seen
        )
        values (
            v_hold.name, v_hold.kind, v_hold.relation, v_hold.relation_name, v_hold.tables, v_hold.key_columns,
            v_hold.key_values, v_hold.keys, v_hold.filter, v_hold.reason, v_hold.until, v_draft.author,
            v_draft.author_role, v_hold.tables_seen, v_hold.columns_seen
        )
        returning * into v_hold;
    exception when unique_violation then
        raise exception using errcode = 'YD702', message = format('there is a hold %s', v_hold.name),
            detail = 'It was not released; one that has ended keeps its name until it is.',
            hint = format('select * from pydb.hold_status where name = %L;', v_hold.name);
    end;
    perform pydb_internal.hold_shut(true);
    perform pydb_internal.audit_add('hold_place', v_hold.name, jsonb_strip_nulls(jsonb_build_object(
        'id', v_hold.id, 'kind', v_hold.kind, 'relation', v_hold.relation_name, 'columns', v_hold.key_columns,
        'keys', v_hold.keys, 'filter', v_hold.filter, 'reason', v_hold.reason, 'until', v_hold.until
    )), null);
    return v_hold;
end
$$;

comment on function pydb_internal.hold_store(bigint) is 'Stores the hold that a draft of this transaction describes.';

revoke all on function pydb_internal.hold_store(bigint) from public;
