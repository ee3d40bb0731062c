-- pydb_internal.guard_approve (guard): enter that somebody approved what a policy or an entity is now; audited.
-- reads settings   writes pydb.guard_subject, pydb.audit_log   locks its row
-- raises YD843
create or replace function pydb_internal.guard_approve(
    p_kind text,
    p_name text,
    p_version text,
    p_shape pydb_internal.guard_part[],
    p_draft pydb_internal.draft
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.guard_subject;
    v_reason constant text := p_draft.content ->> 'reason';
    v_seen constant text := p_draft.content ->> 'digest';
    v_changes text;
begin
    select s.* into v_old from pydb.guard_subject as s where s.kind = p_kind and s.name = p_name for update;
    v_changes := pydb_internal.guard_drift_text(v_old.shape, p_shape, false);
    if v_seen <> md5(p_version || coalesce(v_changes, '')) then
        raise exception using errcode = 'YD843', message = format('%s %s is not what was looked at', p_kind, p_name),
            detail = coalesce(v_changes, 'It was set anew.'), hint = 'Look at it again, then approve.';
    elsif p_kind = 'policy' and pydb_internal.guard_approval(p_name) = 'other'
        and p_draft.author_role in (v_old.requested_role, v_old.lowered_role)
    then
        raise exception using errcode = 'YD843',
            message = format('%s set %s %s or its guard, and cannot approve it', p_draft.author, p_kind, p_name),
            detail = 'It waits for another login role; SET ROLE makes none.',
            hint = 'Ask another member of pydb_admin.';
    end if;
    insert into pydb.guard_subject as s (
        kind, name, version, requested_by, requested_role, shape, shaped_at, approved_version, approved_by,
        approved_role, approved_at, reason
    )
    values (
        p_kind, p_name, p_version, p_draft.author, p_draft.author_role, p_shape, clock_timestamp(), p_version,
        p_draft.author, p_draft.author_role, clock_timestamp(), v_reason
    )
    on conflict (kind, name) do update
    set version = p_version, kept_approval = coalesce(s.approval, 'off'), shape = p_shape,
        shaped_at = clock_timestamp(), approved_version = p_version, approved_by = p_draft.author,
        approved_role = p_draft.author_role, approved_at = clock_timestamp(), reason = v_reason,
        lowered_role = null;
    perform pydb_internal.audit_add(p_kind || '_approve', p_name, jsonb_strip_nulls(jsonb_build_object(
        'reason', v_reason, 'version', p_version, 'requested_by', v_old.requested_by, 'changes', v_changes
    )), null);
    return format('%s %s is approved as it is now%s', p_kind, p_name, coalesce(': ' || v_changes, ''));
end
$$;

comment on function pydb_internal.guard_approve(
    text, text, text, pydb_internal.guard_part[], pydb_internal.draft
) is
'Enters an approval that was drafted in this transaction; YD843 for who set the policy, where another must, and where it
is not what the approver has seen. For routines that run as the owner: nobody else may call it.';

revoke all on function pydb_internal.guard_approve(
    text, text, text, pydb_internal.guard_part[], pydb_internal.draft
) from public;
