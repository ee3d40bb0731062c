-- pydb_internal.hold_release_store (release; by hold_release): note that a hold has ended, with its overrides; and wake
-- what waited for it.
-- writes pydb.hold, pydb.audit_log, pydb_internal.hold_gate, pydb_internal.draft   locks the hold's row
-- raises YD002 YD005
create or replace function pydb_internal.hold_release_store(p_draft bigint)
returns pydb.hold
language plpgsql
security definer -- the table is writable through this function alone
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('hold_release', p_draft);
    v_name constant text := v_draft.content ->> 'name';
    v_hold pydb.hold;
begin
    update pydb.hold as h
    set released_by = v_draft.author, released_at = clock_timestamp(), released_reason = v_draft.content ->> 'reason'
    where h.released_at is null and (h.name = v_name or h.overrides = v_name);
    select h.* into v_hold from pydb.hold as h
    where h.name = v_name and h.released_at is not null order by h.released_at desc, h.id desc limit 1;
    if not found or v_hold.released_at < now() then
        raise exception using errcode = 'YD002',
            message = format('there is no hold %s', coalesce(v_name, 'without a name')),
            detail = case when v_hold.id is null then 'Nobody placed it.'
                else format('%s released it at %s.', v_hold.released_by, v_hold.released_at) end,
            hint = 'select name, state, reason from pydb.hold_status order by placed_at desc;';
    end if;
    perform pydb_internal.hold_shut(false);
    perform pydb_internal.audit_add('hold_release', v_name, jsonb_build_object(
        'id', v_hold.id, 'reason', v_hold.released_reason, 'jobs', pydb_internal.hold_wake()
    ), null);
    return v_hold;
end
$$;

comment on function pydb_internal.hold_release_store(bigint) is
'Ends a hold, and gives it.';

revoke all on function pydb_internal.hold_release_store(bigint) from public;
