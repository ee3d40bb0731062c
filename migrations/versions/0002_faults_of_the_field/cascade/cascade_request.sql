-- pydb.cascade_request: store a cascade delete as a job, with its exact plan, to be run in batches.
-- reads the root and what references it   writes pydb.cascade_job, pydb.audit_log   locks nothing above a select
-- raises YD001 YD002 YD003 YD004 YD005 YD301 YD302 YD305
-- reads the root and what references it   writes pydb.cascade_job, pydb.audit_log   locks what it tries until undone
-- raises YD001 YD002 YD003 YD004 YD005 YD301 YD302 YD304 YD305
create or replace function pydb.cascade_request(
    p_root regclass default null,
    p_keys jsonb default null,
    p_edges jsonb default null,
    p_entity text default null,
    p_approval boolean default null,
    p_grace interval default null,
    p_reason text default null,
    p_allow_unindexed boolean default false
)
returns pydb.cascade_job
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.cascade_job_store(pydb_internal.draft_add('cascade_job', jsonb_build_object(
        'root', p_root::oid, 'keys', p_keys, 'edges', p_edges, 'entity', p_entity, 'approval', p_approval,
        'grace', p_grace, 'reason', p_reason, 'allow_unindexed', p_allow_unindexed
    )));
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set jit = off
as $$
declare
    v_terms record := pydb_internal.cascade_resolve_choices(p_root, p_edges, p_entity);
    v_entity pydb.entity;
    v_walk pydb_internal.cascade_closure;
    v_steps pydb.cascade_step[];
    v_job pydb.cascade_job;
begin
    if not isfinite(p_grace) or p_grace < interval '0' then
        raise exception using errcode = 'YD001', message = format('p_grace cannot be %s', p_grace),
            detail = 'A job starts at its request or later.', hint = 'p_grace => interval ''1 day''';
    end if;
    select e.* into v_entity from pydb.entity as e where e.name = p_entity;
    -- batches go children first, so keys are asked when their children are gone: choices count, not trigger order
    v_terms.choices := coalesce(v_terms.choices, '{}');
    v_walk := pydb_internal.cascade_traverse(pydb_internal.cascade_root_rows(v_terms.root, p_keys), v_terms.choices);
    v_steps := array(select s from pydb_internal.cascade_plan_steps(v_walk, v_terms.root, false) as s order by s.step);
    if not p_allow_unindexed then
        perform pydb_internal.cascade_check_indexes(v_walk);
    end if;
    begin
        perform pydb_internal.cascade_check_job(v_walk, v_steps, v_terms.root, p_keys, v_terms.choices, true);
    exception when lock_not_available or deadlock_detected then
        -- who holds a row now may be gone when the job starts, and it is tried again then
        perform pydb_internal.cascade_check_job(v_walk, v_steps, v_terms.root, p_keys, v_terms.choices, false);
    end;
    v_job := pydb_internal.cascade_job_store(
        p_entity, v_terms.root,
        case jsonb_typeof(p_keys) when 'object' then jsonb_build_array(p_keys) else p_keys end,
        v_terms.choices, p_reason, to_jsonb(v_steps), (
            select coalesce(sum(s.rows), 0) from unnest(v_steps) as s where s.action = 'delete'
        )::bigint, pydb_internal.cascade_graph_hash(v_terms.root, v_terms.choices),
        -- an entity's own terms can be made stricter, not looser
        coalesce(v_entity.approval, false) or coalesce(p_approval, false),
        clock_timestamp() + greatest(coalesce(v_entity.grace, '0'), coalesce(p_grace, '0'))
    );
    perform pydb_internal.audit_add('cascade_request', 'job ' || v_job.id, jsonb_strip_nulls(jsonb_build_object(
        'root', v_job.root_name, 'entity', p_entity, 'keys', v_job.keys, 'edges', v_job.edges, 'reason', p_reason,
        'rows_planned', v_job.rows_planned
    )), null);
    return v_job;
end
$$;

comment on function pydb.cascade_request(regclass, jsonb, jsonb, text, boolean, interval, text, boolean) is
'Stores a cascade delete as a job: its keys, choices and exact plan. pydb.cascade_run executes it in batches; until it
has started, pydb.cascade_cancel takes it back. p_approval: a second person must approve it first, by
pydb.cascade_approve. p_grace: it starts no earlier than this after now. What the entity asks for holds in any case. A
plan that is blocked is refused (YD302).';
plan that is blocked is refused (YD302), and so is what a constraint or a trigger refuses: up to cascade_trial_rows rows
are deleted and set, and all of that undone, before it is stored, and again when it starts.';

revoke all on function pydb.cascade_request(regclass, jsonb, jsonb, text, boolean, interval, text, boolean) from public;
