-- pydb_internal.run_message (mark): tell change data capture by which run the rows of this transaction go.
-- reads settings   writes a message to the WAL, where the setting logical_messages says so   locks nothing
-- raises nothing
create or replace function pydb_internal.run_message(p_run_id bigint, p_kind text, p_subject text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if pydb_internal.setting_get(p_name => 'logical_messages')::boolean then
        perform pg_logical_emit_message(true, 'pydb', jsonb_build_object(
            'run', p_run_id, 'kind', p_kind, 'subject', p_subject
        )::text);
    end if;
end
$$;

comment on function pydb_internal.run_message(bigint, text, text) is
'With the setting logical_messages: a transactional message of prefix pydb, such as
{"run": 7, "kind": "retention", "subject": "events"}; it comes and goes with the transaction.';

revoke all on function pydb_internal.run_message(bigint, text, text) from public;
