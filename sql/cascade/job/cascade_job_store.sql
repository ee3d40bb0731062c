-- pydb_internal.cascade_job_store (job; by cascade_request): enter a cascade job that was planned by its draft;
-- audited.
-- writes pydb.cascade_job, pydb.audit_log, pydb.erasure, pydb_internal.draft   locks nothing
-- raises YD005
create or replace function pydb_internal.cascade_job_store(p_draft bigint)
returns pydb.cascade_job
language plpgsql
security definer -- jobs change only through their routines
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('cascade_job', p_draft);
    v_new constant pydb.cascade_job := jsonb_populate_record(
        null::pydb.cascade_job, v_draft.content -> 'job'
    );
    v_erasure pydb.erasure := jsonb_populate_record(null::pydb.erasure, nullif(v_draft.content -> 'erasure', 'null'));
    v_job pydb.cascade_job;
begin
    insert into pydb.cascade_job (
        entity, root, root_name, keys, edges, reason, plan, rows_planned, signature, approval, not_before,
        requested_by, requested_by_role, allow_triggers, archive, search_path, purge
    )
    values (
        v_new.entity, v_new.root, v_new.root_name, v_new.keys, v_new.edges, v_new.reason, v_new.plan,
        v_new.rows_planned, v_new.signature, v_new.approval, v_new.not_before, v_draft.author, v_draft.author_role,
        v_new.allow_triggers, coalesce(v_new.archive, false), v_new.search_path, coalesce(v_new.purge, false)
    )
    returning * into v_job;
    if v_erasure.entity is not null then
        v_erasure.job := v_job.id;
        v_erasure.requested_by := v_job.requested_by;
        v_erasure.id := pydb_internal.erasure_enter(v_erasure);
    end if;
    perform pydb_internal.audit_add('cascade_request', 'job ' || v_job.id, jsonb_strip_nulls(jsonb_build_object(
        'root', v_job.root_name, 'entity', v_job.entity, 'edges', v_job.edges,
        'keys', case when v_erasure.id is null then v_job.keys end, 'erasure', v_erasure.id,
        'reason', v_job.reason, 'rows_planned', v_job.rows_planned, 'archive', nullif(v_job.archive, false),
        'allow_triggers', nullif(v_job.allow_triggers, false), 'purge', nullif(v_job.purge, false)
    )), null);
    if v_job.archive then
        perform pydb_internal.archive_schedule();
    end if;
    return v_job;
end
$$;

comment on function pydb_internal.cascade_job_store(bigint) is
'Enters the cascade job of a draft of this transaction, requested by whoever added that.';

revoke all on function pydb_internal.cascade_job_store(bigint) from public;
