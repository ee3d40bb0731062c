-- pydb_internal.guard_request (guard): note what a policy or an entity is that was just set, and who set it.
-- writes pydb.guard_subject   locks its row
-- raises nothing
create or replace function pydb_internal.guard_request(
    p_kind text,
    p_name text,
    p_version text,
    p_shape pydb_internal.guard_part[],
    p_draft pydb_internal.draft
)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into pydb.guard_subject as s (
        kind, name, version, requested_by, requested_role, shape, shaped_at, approved_version
    )
    values (
        p_kind, p_name, p_version, p_draft.author, p_draft.author_role, p_shape, clock_timestamp(),
        case when pydb_internal.guard_approval(p_name) = 'off' then p_version end
    )
    on conflict (kind, name) do update
    set version = excluded.version, requested_by = excluded.requested_by, requested_role = excluded.requested_role,
        requested_at = clock_timestamp(), shape = excluded.shape, shaped_at = excluded.shaped_at,
        approved_version = coalesce(excluded.approved_version, s.approved_version),
        approved_by = case when excluded.approved_version is null then s.approved_by end,
        approved_role = case when excluded.approved_version is null then s.approved_role end,
        approved_at = case when excluded.approved_version is null then s.approved_at end,
        reason = case when excluded.approved_version is null then s.reason end;
$$;

comment on function pydb_internal.guard_request(
    text, text, text, pydb_internal.guard_part[], pydb_internal.draft
) is
'Notes version, author and the look of the tables; approved at once where nothing asks for more. For routines that run
as the owner: nobody else may call it.';

revoke all on function pydb_internal.guard_request(
    text, text, text, pydb_internal.guard_part[], pydb_internal.draft
) from public;
