-- pydb_internal.retention_plan_verdict (run; by retention_open): note what a run sets out to do, and whether it may:
-- fuse, rows that others reference, children that cannot go along.
-- reads the target and what references it   writes pydb.job_run (where it belongs to a run)   locks the run's row
-- raises nothing
create or replace function pydb_internal.retention_plan_verdict(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state,
    p_work pydb_internal.retention_work,
    p_own bigint,
    p_total bigint,
    p_relations jsonb
)
returns pydb_internal.run_state
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_due bigint := p_own;
    v_own bigint := p_own;
    v_block text;
    v_fuse text;
    v_relations jsonb := coalesce(p_relations, '{}');
    v_along record;
begin
    if p_work.way <> 'plain' then
        v_along := pydb_internal.retention_along(
            p_policy, array(select c from pydb_internal.retention_cascade_plan(p_policy, p_work.cutoff) as c)
        );
        v_due := p_own + v_along.rows;
        v_own := p_own + v_along.own;
        v_block := v_along.block;
        select v_relations || coalesce(jsonb_object_agg(
            a.key, a.value::bigint + coalesce((p_relations ->> a.key)::bigint, 0)
        ), '{}') into v_relations
        from jsonb_each_text(v_along.relations) as a;
    end if;
    -- the fuse counts what goes, by whatever edge
    v_fuse := pydb_internal.retention_fuse_problem(p_policy, v_own, p_total, v_due);
    if v_fuse is not null then
        p_run.state := 'blocked';
        p_run.reason := 'fuse';
        p_run.sqlstate := 'YD104';
        p_run.error := 'the fuse tripped: ' || v_fuse;
    elsif p_work.blocked > 0 and p_policy.on_referenced = 'error' then
        v_due := 0;
        p_run.state := 'blocked';
        p_run.reason := 'referenced';
        p_run.sqlstate := 'YD112';
        p_run.error := format('%s expired rows are referenced by rows that stay', p_work.blocked);
    elsif v_block is not null then
        v_due := 0;
        p_run.state := 'blocked';
        p_run.reason := 'referenced';
        p_run.sqlstate := 'YD302';
        p_run.error := v_block;
    elsif p_run.dry_run then
        p_run.state := 'completed';
        p_run.reason := 'exhausted';
    end if;
    p_run.due := p_run.done + v_due;
    p_run.audit := jsonb_build_object('cutoff', p_work.cutoff);
    if p_run.run_id is not null then
        perform pydb_internal.run_log_plan(
            p_run.run_id, p_run.due, p_work.cutoff,
            jsonb_build_object(
                'relations', v_relations, 'blocked_rows', p_work.blocked,
                'target', p_policy.target::oid::bigint, 'time_column', p_policy.time_column
            ) || case
                -- an export reads in another session, and by the same moment
                when pydb_internal.retention_has_rules(p_policy) then jsonb_build_object('counts_from', p_run.now)
                else '{}'
            end
        );
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.retention_plan_verdict(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.retention_work, bigint, bigint, jsonb
) is
'The run with its rows due: p_own of the policy''s table (of p_total; p_relations: per relation) and what goes with
them; it ends where the fuse trips, where rows are referenced that must not be, where something cannot go, and a dry
run does.';

revoke all on function pydb_internal.retention_plan_verdict(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.retention_work, bigint, bigint, jsonb
) from public;
