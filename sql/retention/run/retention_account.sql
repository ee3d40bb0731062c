-- pydb_internal.retention_account (run; by retention_turn): count what stayed of a batch, size the next one, set the
-- pause that the rate limit asks for.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_account(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state,
    p_work pydb_internal.retention_work,
    p_part pydb_internal.run_part,
    p_left bigint,
    p_ms double precision,
    p_take_ms double precision
)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_work.mode <> 'plain' and p_work.is_last_pass then
        p_work.locked := p_work.locked + p_left;
    elsif p_work.mode = 'plain' and p_left > 0 then
        p_work.kept := p_work.kept + p_left;
        if p_run.rows = 0 then
            p_run.state := case p_run.done when 0 then 'blocked' else 'partial' end;
            p_run.reason := 'no_progress';
            p_run.error := format('a trigger or rule on %s kept %s rows from being deleted',
                pydb_internal.relation_name(p_part.relation), p_left);
        end if;
    end if;
    if p_work.mode = 'plain' and p_run.state is null then
        p_work := pydb_internal.retention_next_size(p_policy, p_work, p_part, p_run.rows, p_ms, p_take_ms);
    end if;
    if not p_work.is_last_pass then
        p_work.mode := 'plain';
    end if;
    if p_policy.rows_per_second is not null then
        p_run.wake_at :=
            clock_timestamp() + (p_run.rows * 1000.0 / p_policy.rows_per_second - p_ms) * interval '1 ms';
    end if;
    p_run.work := to_jsonb(p_work);
    p_run.detail := coalesce(p_run.detail, '{}') || jsonb_build_object(
        'learned', pydb_internal.retention_learned(p_work)
    );
    return p_run;
end
$$;

comment on function pydb_internal.retention_account(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.retention_work, pydb_internal.run_part, bigint,
    double precision, double precision
) is
'The run after a batch of p_ms milliseconds (p_take_ms for the delete alone): rows that stayed
(p_left), size of the next range, pause; a batch that could delete nothing of what it found ends the run with
no_progress.';

revoke all on function pydb_internal.retention_account(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.retention_work, pydb_internal.run_part, bigint,
    double precision, double precision
) from public;
