-- pydb_internal.retention_prepare (run): check, count and lay out a walk: its segments, or the reason why there is
-- none.
-- reads the target and its children   writes pydb.job_run (where the walk belongs to a run)   locks the run's row
-- raises YD001 YD003 YD005 YD102 YD105 YD106 YD114
create or replace function pydb_internal.retention_prepare(p_policy pydb.retention_policy, p_walk jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_cutoff timestamptz;
    v_due bigint;
    v_blocked bigint;
    v_total bigint;
    v_relations jsonb;
    v_segments jsonb;
    v_fuse text;
    v_block text;
    v_own bigint;
    v_stop jsonb := '{}'::jsonb;
begin
    perform pydb_internal.retention_check_target(p_policy.target, p_policy.builtin);
    perform pydb_internal.retention_check_runner(p_policy);
    v_cutoff := pydb_internal.retention_cutoff(p_policy, (p_walk ->> 'now')::timestamptz);
    select
        coalesce(sum(s.rows_due), 0)::bigint, coalesce(sum(s.rows_blocked), 0)::bigint,
        coalesce(sum(s.rows_total), 0)::bigint,
        jsonb_object_agg(pydb_internal.relation_name(s.relation), s.rows_due) filter (where s.rows_due > 0),
        jsonb_agg(
            pydb_internal.retention_segment(p_policy, s.relation, v_cutoff, s.strategy, s.rows_total)
            || jsonb_build_object('due', s.rows_due + s.rows_blocked) order by s.relation
        ) filter (where s.rows_due > 0)
    into v_due, v_blocked, v_total, v_relations, v_segments
    from pydb_internal.retention_survey(p_policy, v_cutoff, false) as s;

    v_fuse := pydb_internal.retention_fuse_problem(p_policy, v_due, v_total);
    v_own := v_due;
    -- the fuse is about the policy's own table; what goes with its rows is counted from here on
    select
        v_due + coalesce(sum(c.rows), 0)::bigint, coalesce(v_relations, '{}') || coalesce(jsonb_object_agg(
            c.relation, c.rows + coalesce((v_relations ->> c.relation)::bigint, 0)
        ) filter (where c.rows > 0), '{}'), min(c.block)
    into v_due, v_relations, v_block
    from (
        select
            s.relation, coalesce(sum(s.rows) filter (where s.action = 'delete'), 0)::bigint as rows,
            -- what no row can pass: a missing privilege, a rule, row-level security
            min(s.relation || ': ' || s.warning || ': ' || s.cure) filter (
                where s.action = 'blocked' and s.cure not like 'create index%'
            ) as block
        from pydb_internal.retention_cascade_plan(p_policy, v_cutoff) as s
        group by s.relation
    ) as c;
    if v_fuse is not null then
        v_stop := jsonb_build_object(
            'state', 'blocked', 'reason', 'fuse', 'sqlstate', 'YD104', 'error', 'the fuse tripped: ' || v_fuse
        );
    elsif v_blocked > 0 and p_policy.on_referenced = 'error' then
        v_due := 0;
        v_stop := jsonb_build_object(
            'state', 'blocked', 'reason', 'referenced', 'sqlstate', 'YD112',
            'error', format('%s expired rows are referenced by rows that stay', v_blocked)
        );
    elsif v_block is not null then
        v_due := 0;
        v_stop := jsonb_build_object(
            'state', 'blocked', 'reason', 'referenced', 'sqlstate', 'YD302', 'error', v_block
        );
    elsif (p_walk ->> 'dry_run')::boolean then
        v_stop := jsonb_build_object('state', 'completed', 'reason', 'exhausted');
    end if;
    if p_walk ? 'run' then
        perform pydb_internal.run_log_plan(
            (p_walk ->> 'run')::bigint, (p_walk ->> 'done')::bigint + v_due, v_cutoff,
            jsonb_build_object('relations', coalesce(v_relations, '{}'), 'blocked_rows', v_blocked)
        );
    end if;
    return pydb_internal.retention_resume_position(
        (p_walk - 'last_pass' - 'wake') || jsonb_build_object(
            'terms', pydb_internal.retention_terms(p_policy), 'cutoff', v_cutoff, 'due',
                (p_walk ->> 'done')::bigint + v_due,
            'blocked', v_blocked, 'segments', coalesce(v_segments, '[]'), 'all', coalesce(v_segments, '[]'),
            'weight', round(greatest(v_due, 1)::numeric / greatest(v_own, 1), 2), 'later', '[]'::jsonb,
            'pass_done', 0, 'mode', 'plain', 'tries', 0
        ) || v_stop
    );
end
$$;

comment on function pydb_internal.retention_prepare(pydb.retention_policy, jsonb) is
'Counts what is due, asks the fuse, and gives the walk its segments; a walk that must not start gets state and reason.';

revoke all on function pydb_internal.retention_prepare(pydb.retention_policy, jsonb) from public;
