-- pydb_internal.run_mark (mark; by run_proceed): let others see by which run the rows of this transaction go.
-- reads settings   writes what run_message writes   locks nothing
-- raises nothing
create or replace function pydb_internal.run_mark(p_run pydb_internal.run_state)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind pydb_internal.run_kind;
begin
    if p_run.dry_run or p_run.run_id is null then
        return;
    end if;
    v_kind := pydb_internal.run_kind_get(p_run.kind);
    -- until the transaction ends: in pg_stat_activity, in lines of the log, and to triggers
    perform set_config('application_name', format('pydb run %s', p_run.run_id), true);
    if v_kind.deletes and pydb_internal.setting_get(p_name => 'logical_messages')::boolean then
        perform pydb_internal.run_message(p_run.run_id, v_kind.name, p_run.subject);
    end if;
end
$$;

comment on function pydb_internal.run_mark(pydb_internal.run_state) is
'Sets application_name to pydb run ID for this transaction, and calls run_message before the first row.';

revoke all on function pydb_internal.run_mark(pydb_internal.run_state) from public;
