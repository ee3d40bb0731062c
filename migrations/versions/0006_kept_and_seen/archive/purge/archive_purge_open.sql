-- pydb_internal.archive_purge_open (purge; by archive_purge): hook of purges: one part an archive that has something to
-- remove, in a second pass from its first block.
-- reads pydb.archive_list, the catalog   writes pydb.job_run   locks the run's row
-- raises nothing
create or replace function pydb_internal.archive_purge_open(
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
    v_due record;
    v_is_over constant boolean := coalesce((p_run.work ->> 'again')::boolean, false);
    v_rows bigint := 0;
    v_is_held boolean := false;
    v_holds text[] := '{}'::text[];
begin
    v_turn.run := p_run;
    v_turn.parts := '{}';
    for v_due in select d.* from pydb_internal.archive_due(p_run.now) as d loop
        v_part := null;
        v_part.relation := v_due.archive;
        v_part.strategy := 'heap';
        -- what took the place of rows that had left lies before what was appended
        v_part.from_block := case when p_parts is null then v_due.from_block else 0 end;
        v_part.at_block := v_part.from_block;
        v_part.until_block := v_due.to_block;
        v_part.due := v_due.rows;
        v_turn.parts := v_turn.parts || v_part;
        v_rows := v_rows + v_due.rows;
        if pydb_internal.archive_is_held(v_due.archive) then
            v_is_held := true;
            v_holds := v_holds || array(
                select format('%s (%s)', h.name, h.kind)
                from jsonb_to_recordset(pydb_internal.archive_holds(v_due.archive)) as h (name text, kind text)
            );
        end if;
    end loop;
    v_turn.run.work := jsonb_build_object('blocks', 256, 'again', p_parts is not null);
    if p_parts is null then
        v_turn.run.due := v_rows;
        perform pydb_internal.run_log_plan(p_run.run_id, v_rows, null, null);
    end if;
    if v_rows = 0 or v_is_over then
        v_turn.parts := '{}';
        v_turn.run.state := case when v_rows = 0 then 'completed' else 'partial' end;
        v_turn.run.reason := case when v_rows = 0 then 'exhausted' when v_is_held then 'held' else 'locked' end;
        v_turn.run.skipped := v_rows;
        if v_rows > 0 and v_is_held then
            v_turn.run.error := format('%s stay: holds are about them: %s', pydb_internal.rows_text(v_rows), (
                select string_agg(distinct u.hold, ', ') from unnest(v_holds) as u (hold)
            ));
        end if;
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.archive_purge_open(pydb_internal.run_state, pydb_internal.run_part[]) is
'Parts for what is to leave the archives, or the end: partial where a restore holds some of it.';

revoke all on function pydb_internal.archive_purge_open(pydb_internal.run_state, pydb_internal.run_part[]) from public;
