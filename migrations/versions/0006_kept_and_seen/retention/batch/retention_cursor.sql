-- pydb_internal.retention_cursor (batch; by retention_batch): the run and the parts that a cursor stands for; a cursor
-- carries places and counts, never SQL or a cutoff.
-- reads the catalog   writes nothing   locks nothing
-- raises YD001 YD105 YD119
create or replace function pydb_internal.retention_cursor(
    p_policy pydb.retention_policy,
    p_cursor jsonb,
    out run pydb_internal.run_state,
    out parts pydb_internal.run_part[],
    out every pydb_internal.run_part[]
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work pydb_internal.retention_work;
    v_cutoff timestamptz;
begin
    begin
        run.kind := 'retention';
        run.subject := p_policy.name;
        run.dry_run := false;
        run.now := (p_cursor ->> 'now')::timestamptz;
        run.version := p_cursor ->> 'terms';
        run.due := (p_cursor ->> 'due')::bigint;
        run.done := (p_cursor ->> 'done')::bigint;
        p_policy := pydb_internal.retention_policy_at(p_policy, run.now);
        v_cutoff := pydb_internal.retention_cutoff(p_policy, run.now);
        run.work := pydb_internal.retention_naming(p_policy);
        parts := pydb_internal.retention_cursor_parts(p_policy, p_cursor -> 'segments', v_cutoff);
        every := pydb_internal.retention_cursor_parts(p_policy, p_cursor -> 'all', v_cutoff);
        v_work := pydb_internal.retention_first_work(p_policy, run, every);
        v_work.cutoff := v_cutoff;
        v_work.blocked := (p_cursor ->> 'blocked')::bigint;
        v_work.pass_done := (p_cursor ->> 'pass_done')::bigint;
    exception when data_exception then
        parts := null;
    end;
    if parts is null or every is null or p_cursor ->> 'policy' is distinct from p_policy.name
        or num_nulls(run.now, run.version, run.due, run.done, v_work.blocked, v_work.pass_done) > 0
    then
        raise exception using errcode = 'YD001', message = 'p_cursor is not a cursor of this policy',
            detail = format('Policy %s did not return it.', p_policy.name),
            hint = 'Pass the cursor as the last call returned it, or null to begin.';
    end if;
    run.work := to_jsonb(v_work);
end
$$;

comment on function pydb_internal.retention_cursor(pydb.retention_policy, jsonb) is
'The run of a cursor, the parts that are left and every part of it, with cutoff, conditions and signatures made anew
from the policy and the catalog; YD001 for a cursor that this policy did not return.';

revoke all on function pydb_internal.retention_cursor(pydb.retention_policy, jsonb) from public;
