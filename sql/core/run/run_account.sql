-- pydb_internal.run_account (run; by run_proceed): add a batch to the sums of its run, and log it in the batch's own
-- transaction.
-- writes pydb.job_run   locks the run's row
-- raises YD110
create or replace function pydb_internal.run_account(p_run pydb_internal.run_state)
returns pydb_internal.run_state
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_run.rows is not null then
        p_run.done := p_run.done + p_run.rows;
        p_run.batches := p_run.batches + 1;
        p_run.tries := 0;
        p_run.tally := pydb_internal.run_tally(p_run.tally, p_run.turn_ms);
        raise debug '%: batch %: % rows', pydb_internal.run_label(p_run), p_run.batches, p_run.rows;
        perform pydb_internal.run_log_batch(p_run.run_id, p_run.rows, 1, p_run.detail, p_run.counts, p_run.wal);
        p_run.detail := null;
        p_run.counts := null;
    elsif p_run.state is null then
        perform pydb_internal.run_beat(p_run.run_id);
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.run_account(pydb_internal.run_state) is
'The run with the rows of its turn added, in the log as well; YD110 if the run has been taken for dead.';

revoke all on function pydb_internal.run_account(pydb_internal.run_state) from public;
