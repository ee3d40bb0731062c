-- pydb_internal.run_begin (run; by run_drive): open a run, unless something says that there is nothing to start.
-- reads settings, pydb_internal.run_kind   writes pydb.job_run   locks the live-run key of the subject
-- raises YD105 YD822, what the terms of the kind raise
create or replace function pydb_internal.run_begin(p_run pydb_internal.run_state)
returns pydb_internal.run_state
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind constant pydb_internal.run_kind := pydb_internal.run_kind_get(p_run.kind);
    v_terms pydb_internal.run_terms;
    v_deadline constant timestamptz := p_run.deadline;
    v_backend_start timestamptz;
begin
    if exists (select from pydb_internal.run_live(null, null) as r) then
        perform pydb_internal.run_close_dead(null, null); -- of other subjects too: some of them may be gone for good
    end if;
    if p_run.state is not null then
        return p_run; -- it ended before it began: what it is about may not even be readable
    end if;
    v_terms := pydb_internal.run_terms_of(p_run);
    p_run.deadline := null; -- time that is over is seen by the first look, and logged as a run
    if p_run.now > clock_timestamp() then
        perform pydb_internal.run_check_now(p_run);
    end if;
    p_run := pydb_internal.run_stop(p_run, v_terms);
    p_run.catch_up := coalesce(p_run.catch_up, p_run.now >= v_terms.overdue_at, false);
    p_run.max_wal := least(p_run.max_wal, v_terms.max_wal);
    p_run.max_rows := least(p_run.max_rows, v_terms.max_rows);
    p_run.deadline := least(v_deadline, clock_timestamp() + v_terms.max_runtime);
    if p_run.state is null then
        if p_run.catch_up then
            p_run.detail := coalesce(p_run.detail, '{}') || '{"catch_up": true}';
        end if;
        v_backend_start := (select a.backend_start from pg_stat_get_activity(pg_backend_pid()) as a);
        p_run.run_id := pydb_internal.run_open(
            v_kind.name, p_run.subject, p_run.dry_run, p_run.request, v_backend_start, p_run.detail
        );
        p_run.detail := null;
        if p_run.run_id is not null then
            return p_run;
        end if;
        p_run.reason := 'locked';
        p_run.sqlstate := '55006'; -- object_in_use: no row and no table is locked
        p_run.error := coalesce((
            select format('run %s of the same is live (pid %s)', r.id, r.pid)
            from pydb_internal.run_live(v_kind.job_kind, p_run.subject) as r
            limit 1
        ), 'another run of the same is live');
    end if;
    p_run.state := case p_run.state when 'blocked' then 'blocked' else 'skipped' end;
    return p_run;
end
$$;

comment on function pydb_internal.run_begin(pydb_internal.run_state) is
'Opens a run; where its subject may not run now, the same is running already, or the kill switch is on, it is skipped;
where it must not delete before somebody says so, it is blocked.';

revoke all on function pydb_internal.run_begin(pydb_internal.run_state) from public;
