-- pydb_internal.run_call (run): call a hook of a run's kind.
-- writes what the hook writes   locks what the hook locks
-- raises what the hook raises
create or replace function pydb_internal.run_call(
    p_hook text,
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part,
    p_parts pydb_internal.run_part[]
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turn pydb_internal.run_turn;
begin
    p_run.rows := null;
    case p_hook
        when 'open' then
            execute format('select * from pydb_internal.%I($1, $2)', p_run.kind || '_open') into v_turn
                using p_run, p_parts;
        when 'turn' then
            execute format('select * from pydb_internal.%I($1, $2)', p_run.kind || '_turn') into v_turn
                using p_run, p_part;
        when 'evade' then
            execute format('select * from pydb_internal.%I($1, $2)', p_run.kind || '_evade') into v_turn
                using p_run, p_part;
    end case;
    return v_turn;
end
$$;

comment on function pydb_internal.run_call(
    text, pydb_internal.run_state, pydb_internal.run_part, pydb_internal.run_part[]
) is
'open(run, parts of the pass before), turn(run, part) or evade(run, part) of the kind of a run. The kind is a name of
pydb_internal.run_kind, and so is the routine; a lint rule holds each kind to its hooks.';

revoke all on function pydb_internal.run_call(
    text, pydb_internal.run_state, pydb_internal.run_part, pydb_internal.run_part[]
) from public;
