-- pydb_internal.retention_open (run): hook of retention runs: check, count and lay out the parts; then pass by pass,
-- until the end and its reason.
-- reads the target and its children   writes pydb.job_run (where it belongs to a run)   locks the run's row
-- raises YD001 YD003 YD005 YD102 YD105 YD103 YD106 YD114 YD119 YD621 YD841; warns YD117 YD841
create or replace function pydb_internal.retention_open(
    p_run pydb_internal.run_state,
    p_parts pydb_internal.run_part[]
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_of(p_run);
    v_work pydb_internal.retention_work;
    v_turn pydb_internal.run_turn;
    v_total bigint;
    v_own bigint;
    v_blocked bigint;
    v_cutoff timestamptz;
    v_relations jsonb;
    v_past bigint;
    v_future bigint;
    v_units oid[];
    v_unit_rows bigint[];
    v_last bigint[];
    v_held bigint;
    v_holds bigint;
    v_rule pydb_internal.hold_rule;
    v_said pydb_internal.retention_said;
begin
    if v_policy.action = 'export' and p_run.kind = 'retention' and not p_run.dry_run then
        raise exception using errcode = 'YD621', message = format('policy %s exports its rows to files', v_policy.name),
            detail = 'Only a command beside the server can write them: nothing was deleted.',
            hint = pydb_internal.shell_command('pydb archive export', array[v_policy.name], '--to DIRECTORY');
    elsif p_parts is not null then
        perform pydb_internal.retention_check_author(v_policy);
        v_turn := pydb_internal.retention_next_pass(v_policy, p_run, p_parts);
        if exists (select from pg_foreign_table) then
            v_turn.run := pydb_internal.retention_verify_foreign(v_policy, v_turn.run);
        end if;
        if v_policy.action = 'drop_partition' then
            v_turn.run := pydb_internal.retention_partition_close(v_policy, v_turn.run);
        end if;
        return v_turn;
    end if;
    perform pydb_internal.retention_chunk_check(v_policy);
    perform pydb_internal.retention_check_runner(v_policy);
    perform pydb_internal.retention_check_shape(v_policy, p_run.dry_run);
    v_cutoff := pydb_internal.retention_cutoff(v_policy, p_run.now);
    v_holds := (pydb_internal.hold_state()).generation; -- before anything is counted
    v_rule := pydb_internal.hold_rule_of(v_policy.target);
    v_said := pydb_internal.retention_last_survey(v_policy, v_cutoff);
    p_run.work := coalesce(p_run.work, '{}') || pydb_internal.retention_naming(v_policy);
    select
        coalesce(sum(s.rows_due), 0)::bigint, coalesce(sum(s.rows_blocked), 0)::bigint,
        coalesce(sum(s.rows_total), 0)::bigint,
        jsonb_object_agg(pydb_internal.relation_name(s.relation), s.rows_due) filter (where s.rows_due > 0),
        array_agg(pydb_internal.retention_part(
            v_policy, s.relation, v_cutoff, s.strategy, s.rows_total, s.rows_due + s.rows_blocked, v_said
        ) order by s.relation) filter (where s.rows_due > 0 and s.unit is null), sum(s.rows_past)::bigint,
        sum(s.rows_future)::bigint, sum(s.rows_held)::bigint, array_agg(s.unit), array_agg(s.rows_due),
        array_agg(s.last_block order by s.relation) filter (where s.rows_due > 0 and s.unit is null)
    into v_own, v_blocked, v_total, v_relations, v_turn.parts, v_past, v_future, v_held, v_units, v_unit_rows, v_last
    from pydb_internal.retention_survey(v_policy, v_cutoff, false, v_rule, v_said) as s;
    v_turn.parts := coalesce(v_turn.parts, '{}');
    v_work := pydb_internal.retention_first_work(v_policy, p_run, v_turn.parts);
    if num_nonnulls(variadic v_last) > 0 then
        v_turn.parts := pydb_internal.retention_part_ends(v_turn.parts, v_last);
    end if;
    v_work.cutoff := v_cutoff;
    v_work.blocked := v_blocked;
    v_work.holds := v_holds;
    v_work.free_at := v_holds;
    v_work.free := v_rule.free;
    v_work.free_until := v_rule.until;
    v_work.free_since := null;
    v_work.held := coalesce(v_held, 0);
    if v_policy.action = 'drop_partition' then
        v_work.parts_planned := array(
            select u.unit
            from unnest(v_units) with ordinality as u (unit, ord)
            where u.unit is not null
            group by u.unit
            order by min(u.ord)
        );
        v_turn.parts := v_turn.parts || pydb_internal.retention_partition_parts(v_units, v_unit_rows); -- they lock
    end if;
    p_run.skipped := null;
    p_run.wake_at := null;
    p_run := pydb_internal.retention_plan_verdict(v_policy, p_run, v_work, v_own, v_total, v_relations);
    v_work.weight := greatest(p_run.due - p_run.done, 1)::float8 / greatest(v_own, 1);
    if v_past + v_future > 0 then
        perform pydb_internal.retention_tell_implausible(v_policy, p_run, v_past, v_future);
    end if;
    v_turn.run := p_run;
    v_turn.run.work := to_jsonb(v_work);
    if p_run.state is null and p_run.run_id is not null then
        perform pydb_internal.run_log_superuser(
            p_run.run_id, array[v_policy.target::oid], v_policy.on_referenced = 'cascade'
        );
        v_turn := pydb_internal.retention_resume_position(v_turn);
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.retention_open(pydb_internal.run_state, pydb_internal.run_part[]) is
'Without parts: counts what is due, asks the fuse, and lays out a part a relation; a run that must not delete gets state
and reason. With the parts of a pass that is through: those of the next, or the end.';

revoke all on function pydb_internal.retention_open(pydb_internal.run_state, pydb_internal.run_part[]) from public;
