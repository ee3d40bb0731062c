-- pydb_internal.cascade_job_store (job; by cascade_request): enter a cascade job.
-- writes pydb.cascade_job   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_job_store(
    p_entity text,
    p_root regclass,
    p_keys jsonb,
    p_edges jsonb,
    p_reason text,
    p_plan jsonb,
    p_rows bigint,
    p_signature text,
    p_approval boolean,
    p_not_before timestamptz
)
returns pydb.cascade_job
language sql
security definer -- jobs change only through their routines
set search_path = pg_catalog, pg_temp
as $$
    insert into pydb.cascade_job (
        entity, root, root_name, keys, edges, reason, plan, rows_planned, signature, approval, not_before
    )
    values (
        p_entity, p_root, pydb_internal.relation_name(p_root), p_keys, p_edges, p_reason, p_plan, p_rows, p_signature,
        p_approval, p_not_before
    )
    returning *;
$$;

comment on function pydb_internal.cascade_job_store(
    text, regclass, jsonb, jsonb, text, jsonb, bigint, text, boolean, timestamptz
) is 'Enters a cascade job, requested by the login role.';

revoke all on function pydb_internal.cascade_job_store(
    text, regclass, jsonb, jsonb, text, jsonb, bigint, text, boolean, timestamptz
) from public;
