-- pydb_internal.cascade_job_vet (job; by cascade_request): hook of drafts: plan a cascade job as whoever asks for it.
-- reads the root and what references it, pydb.entity, pydb.erasure   writes nothing that stays
-- locks what it tries until undone
-- raises YD001 YD002 YD003 YD004 YD005 YD015 YD301 YD302 YD304 YD305 YD601 YD602 YD703 YD704 YD841
create or replace function pydb_internal.cascade_job_vet(p_draft jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set jit = off
as $$
declare
    v_keys constant jsonb := nullif(p_draft -> 'keys', 'null');
    v_entity constant text := p_draft ->> 'entity';
    v_grace constant interval := (p_draft ->> 'grace')::interval;
    v_asked record := pydb_internal.cascade_resolve_choices(
        (p_draft ->> 'root')::oid::regclass, nullif(p_draft -> 'edges', 'null'), v_entity
    );
    v_terms record := pydb_internal.cascade_root_terms(v_asked.root);
    v_walk pydb_internal.cascade_closure;
    v_steps pydb.cascade_step[];
    v_job pydb.cascade_job;
    v_erasure pydb.erasure;
    v_holds text[];
begin
    if not isfinite(v_grace) or v_grace < interval '0' then
        raise exception using errcode = 'YD001', message = format('p_grace cannot be %s', v_grace),
            detail = 'A job starts at its request or later.', hint = 'p_grace => interval ''1 day''';
    end if;
    perform pydb_internal.cascade_check_shape(v_entity);
    perform pydb_internal.cascade_enter(v_asked.root);
    v_job.entity := v_entity;
    v_job.root := v_asked.root;
    v_job.root_name := pydb_internal.relation_name(v_asked.root);
    -- batches go children first, so keys are asked when their children are gone: choices count, not trigger order
    v_job.edges := coalesce(v_asked.choices, '{}');
    v_job.allow_triggers := coalesce((p_draft ->> 'allow_triggers')::boolean, false);
    v_job.search_path := coalesce(
        (jsonb_populate_record(null::pydb.cascade_job, p_draft)).search_path, v_asked.search_path
    );
    perform pydb_internal.application_pin(v_job.search_path, v_job.root);
    v_walk := pydb_internal.cascade_traverse(pydb_internal.cascade_root_rows(v_job.root, v_keys), v_job.edges);
    v_steps := array(select s from pydb_internal.cascade_plan_steps(v_walk, v_job.root, false) as s order by s.step);
    if not (p_draft ->> 'allow_unindexed')::boolean then
        perform pydb_internal.cascade_check_indexes(v_walk);
    end if;
    v_holds := pydb_internal.cascade_held_by(v_walk);
    if v_holds <> '{}' and (v_entity is null or p_draft ->> 'reason' is null) then
        perform pydb_internal.cascade_check_held(v_walk);
    end if;
    begin
        -- an erasure is put off, not refused: what is to be tried is tried when its holds have ended
        perform pydb_internal.cascade_check_job(
            v_walk, v_steps, v_job.root, v_keys, v_job.edges, v_holds = '{}', v_job.allow_triggers
        );
    exception when lock_not_available or deadlock_detected then
        -- who holds a row now may be gone when the job starts, and it is tried again then
        perform pydb_internal.cascade_check_job(
            v_walk, v_steps, v_job.root, v_keys, v_job.edges, false, v_job.allow_triggers
        );
    end;
    perform pydb_internal.application_pin(null, null);
    v_job.keys := case jsonb_typeof(v_keys) when 'object' then jsonb_build_array(v_keys) else v_keys end;
    v_job.reason := p_draft ->> 'reason';
    v_job.purge := coalesce((p_draft ->> 'purge')::boolean, false);
    if v_job.purge then
        v_steps := pydb_internal.cascade_add_copies(v_steps, v_job.root, v_keys, v_job.edges, v_walk);
        perform pydb_internal.cascade_check_purge(
            v_entity, v_job.reason, (p_draft ->> 'archive')::boolean, v_steps
        );
    end if;
    v_job.plan := to_jsonb(v_steps);
    v_job.rows_planned := (
        select coalesce(sum(s.rows), 0) from unnest(v_steps) as s where s.action in ('delete', 'purge')
    )::bigint;
    v_job.signature := pydb_internal.cascade_graph_hash(v_job.root, v_job.edges);
    -- the terms of the entities of the root can be made stricter, not looser, and hold whether one is named or not
    v_job.approval := v_terms.approval or coalesce((p_draft ->> 'approval')::boolean, false);
    v_job.archive := not v_job.purge and coalesce((p_draft ->> 'archive')::boolean, v_asked.archive);
    if v_job.archive then
        perform pydb_internal.archive_check_table(s.relation)
        from unnest(v_walk.parts) as s
        where s.effect = 'delete';
    end if;
    v_job.not_before := clock_timestamp() + greatest(v_terms.grace, coalesce(v_grace, '0'));
    if v_entity is not null and v_job.reason is not null then
        v_erasure := pydb_internal.erasure_row(
            v_job.root, v_keys, v_entity, v_job.reason, (p_draft ->> 'deadline')::interval, v_steps
        );
        v_erasure.state := 'requested';
        v_erasure.replay_of := (p_draft ->> 'replay_of')::uuid;
        v_erasure.purge := v_job.purge;
        v_erasure.holds := v_holds;
        v_erasure.edges := pydb_internal.erasure_keys(v_walk, v_erasure.salt);
    end if;
    return jsonb_build_object(
        'job', to_jsonb(v_job) || jsonb_build_object('root', v_job.root::oid),
        'erasure', case when v_erasure.entity is not null then to_jsonb(v_erasure) end
    );
end
$$;

comment on function pydb_internal.cascade_job_vet(jsonb) is
'The job that a draft asks for: root, choices, plan, hash of the graph, approval and earliest start, all looked up with
the rights of the current role, and with a reason and an entity its entry in the ledger; raises what stands in its
way.';

revoke all on function pydb_internal.cascade_job_vet(jsonb) from public;
