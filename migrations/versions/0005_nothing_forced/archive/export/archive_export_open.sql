-- pydb_internal.archive_export_open (export; by archive_export_run): hook of exports of archived rows: count what is
-- there, wait for files; at the end say what stayed.
-- reads pydb.archive_run   writes pydb.job_run   locks the run's row
-- raises nothing
create or replace function pydb_internal.archive_export_open(
    p_run pydb_internal.run_state,
    p_parts pydb_internal.run_part[]
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turn pydb_internal.run_turn;
    v_part pydb_internal.run_part;
    v_rows bigint;
    v_stays constant boolean := (p_run.work ->> 'leave')::boolean;
begin
    v_turn.run := p_run;
    v_turn.parts := '{}';
    select coalesce(sum(l.rows), 0)::bigint into v_rows from pydb_internal.archive_export_leaves(p_run.work) as l;
    if p_parts is not null then
        v_turn.run.state := case when v_rows = 0 or v_stays then 'completed' else 'partial' end;
        v_turn.run.reason := case
            when v_rows = 0 or v_stays then 'exhausted'
            when exists (
                select from pydb_internal.archive_export_leaves(p_run.work) as l
                where pydb_internal.archive_is_held(l.relation)
            ) then 'held'
            else 'locked'
        end;
        v_turn.run.skipped := case when not v_stays then v_rows end;
        if not v_stays and v_rows > 0 then
            v_turn.run.error := format('%s stay in the archive for the next export', pydb_internal.rows_text(v_rows));
        end if;
        return v_turn;
    end if;
    v_turn.run.due := case when v_stays then 0 else v_rows end;
    perform pydb_internal.run_log_plan(p_run.run_id, (v_turn.run).due, null, p_run.work);
    if v_rows = 0 then
        v_turn.run.state := 'completed';
        v_turn.run.reason := 'exhausted';
    else
        v_part.strategy := 'whole';
        v_part.is_ended := false;
        v_turn.parts := array[v_part];
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.archive_export_open(pydb_internal.run_state, pydb_internal.run_part[]) is
'First one part that waits for verified files; later the end: partial where rows are left that were to go.';

revoke all on function pydb_internal.archive_export_open(pydb_internal.run_state, pydb_internal.run_part[]) from public;
