-- pydb_internal.run_mark (run; by run_proceed): let others see by which run the rows of this transaction go.
-- reads settings   writes a message to the WAL, where the setting logical_messages says so   locks nothing
-- raises nothing
create or replace function pydb_internal.run_mark(p_run pydb_internal.run_state)
returns void
language plpgsql
as $$ -- no SET clause: it would undo the name
declare
    v_kind pydb_internal.run_kind;
begin
    if p_run.dry_run or p_run.run_id is null then
        return;
    end if;
    v_kind := pydb_internal.run_kind_get(p_run.kind);
    -- until the transaction ends: in pg_stat_activity, in lines of the log, and to triggers
    perform pg_catalog.set_config('application_name', pg_catalog.format('pydb run %s', p_run.run_id), true);
    if v_kind.deletes and pydb_internal.setting_get(p_name => 'logical_messages')::bool then
        perform pg_catalog.pg_logical_emit_message(true, 'pydb', pg_catalog.jsonb_build_object(
            'run', p_run.run_id, 'kind', v_kind.name, 'subject', p_run.subject
        )::pg_catalog.text);
    end if;
end
$$;

comment on function pydb_internal.run_mark(pydb_internal.run_state) is
'Sets application_name to pydb run ID for this transaction; with the setting logical_messages it also puts a
transactional message of prefix pydb into the WAL before the rows: {"run": 7, "kind": "retention", "subject":
"events"}.';

revoke all on function pydb_internal.run_mark(pydb_internal.run_state) from public;
