-- pydb_internal.cascade_next_pass (job; by cascade_open): what is left of a job when all parts of a pass are through:
-- the parts of the next pass, or the end of the run.
-- reads the root and what references it, its copies   writes pydb.cascade_job
-- locks the job's row where nothing is left, and then the archives of a purge (share row exclusive)
-- raises 55P03 YD003 YD004 YD005 YD015 YD103 YD114 YD301 YD302 YD304 YD306 YD602
create or replace function pydb_internal.cascade_next_pass(
    p_run pydb_internal.run_state,
    p_parts pydb_internal.run_part[]
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work pydb_internal.cascade_work := jsonb_populate_record(null::pydb_internal.cascade_work, p_run.work);
    v_turn pydb_internal.run_turn;
    v_part pydb_internal.run_part;
    v_is_first boolean;
    v_copies pydb_internal.run_part[];
    v_mark text;
begin
    perform pydb_internal.cascade_pin(v_work.job); -- the first look tries it
    if p_run.done = v_work.seen and (p_parts[cardinality(p_parts)]).is_late then
        -- nothing moved, and something was put off: rows that keep each other go all at once
        v_part.strategy := 'whole';
        v_turn.parts := array[v_part];
        v_turn.run := p_run;
        return v_turn;
    end if;
    -- what was put off, or came meanwhile, shows at another look
    v_is_first := v_work.seen < 0;
    v_work.idle := case when p_run.done > v_work.seen then 0 else v_work.idle + 1 end;
    v_work.seen := p_run.done;
    v_work.mark := case when v_work.purge then pydb_internal.archive_mark(v_work.sources) end;
    perform pydb_internal.cascade_enter(v_work.root);
    loop
        v_turn.parts := pydb_internal.cascade_job_queue(v_work, v_is_first);
        exit when not v_work.purge;
        -- before the live rows, by whose keys copies are found: what is cut off here finds the rest again
        v_copies := pydb_internal.cascade_purge_parts(v_work);
        v_turn.parts := case when v_copies = '{}' then v_turn.parts else v_copies end;
        exit when v_turn.parts <> '{}';
        -- what went into an archive, or came back, between the two looks was seen by neither
        v_mark := pydb_internal.archive_shut(p_run.run_id, v_work.sources);
        exit when v_mark = v_work.mark;
        v_work.mark := v_mark;
        v_is_first := false;
    end loop;
    if cardinality(v_turn.parts) = 0 then
        p_run.skipped := pydb_internal.cascade_heir_rows(v_work.root, pydb_internal.cascade_job_keys(v_work.job));
        perform pydb_internal.cascade_job_progress(v_work.job, '{}', '{}', jsonb_strip_nulls(jsonb_build_object(
            'remaining', 0, 'run', p_run.run_id, 'at', clock_timestamp(), 'heirs', nullif(p_run.skipped, 0)
        )));
        p_run.state := case when p_run.skipped > 0 then 'partial' else 'completed' end;
        p_run.reason := case when p_run.skipped > 0 then 'no_progress' else 'exhausted' end;
        if p_run.skipped > 0 then
            p_run.error := format(
                '%s with its keys stay in tables that inherit from the root: a select still finds them',
                pydb_internal.rows_text(p_run.skipped)
            );
        end if;
    elsif v_work.idle > 3 then
        p_run.state := 'partial';
        p_run.reason := 'no_progress';
        p_run.error := 'rows change as fast as they are found';
    end if;
    p_run.work := to_jsonb(v_work);
    v_turn.run := p_run;
    return v_turn;
end
$$;

comment on function pydb_internal.cascade_next_pass(pydb_internal.run_state, pydb_internal.run_part[]) is
'The run with the parts that are left to do, or with its end: completed, and the job with its proof, where none are.';

revoke all on function pydb_internal.cascade_next_pass(pydb_internal.run_state, pydb_internal.run_part[]) from public;
