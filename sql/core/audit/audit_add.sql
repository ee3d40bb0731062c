-- pydb_internal.audit_add (audit): append one row to the audit log, under the login role that no SET ROLE can
-- change; for routines that run as the owner.
-- writes pydb.audit_log   locks nothing
-- raises nothing
create or replace function pydb_internal.audit_add(p_action text, p_subject text, p_arguments jsonb, p_run_id bigint)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    select pg_current_xact_id(); -- before it gets its id: see audit_seal_batch
    insert into pydb.audit_log (action, subject, arguments, run_id)
    values (p_action, p_subject, coalesce(p_arguments, '{}'::jsonb), p_run_id);
$$;

comment on function pydb_internal.audit_add(text, text, jsonb, bigint) is
'Appends one event to pydb.audit_log with the login role (session_user) as actor. For routines that run as the owner:
nobody else may call it.';

revoke all on function pydb_internal.audit_add(text, text, jsonb, bigint) from public;
