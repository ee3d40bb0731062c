-- pydb_internal.schedule_is_command (jobs; by schedule_plan): is a text exactly one CALL of a procedure with its
-- subject, and nothing else.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_is_command(p_command text, p_procedure text, p_subject text)
returns boolean
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(c.procedure = p_procedure and c.subject is not distinct from p_subject, false)
    from pydb_internal.schedule_command_parse(p_command) as c
$$;

comment on function pydb_internal.schedule_is_command(text, text, text) is
'True if the text is exactly one CALL as pydb_internal.schedule_command writes it for this procedure and subject (null =
without an argument): no second statement, no other argument.';

revoke all on function pydb_internal.schedule_is_command(text, text, text) from public;
