-- pydb_internal.schedule_is_command (jobs): is a text exactly one CALL of a routine that our jobs run.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_is_command(p_command text)
returns boolean
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $function$
    select coalesce(
        p_command ~ (
            -- E'' in quotes: a backslash means the same whatever standard_conforming_strings says
            E'^call pydb[.](?:schedule_prune[(][)]|retention_run[(](?:'
            || E'''(?:[^''\\\\]|'''')*'''
            || E'| ?E''(?:[^''\\\\]|''''|\\\\\\\\)*'''
            || E')[)])$'
        ),
        false
    )
$function$;

comment on function pydb_internal.schedule_is_command(text) is
'True if the text is exactly one CALL as schedule_command writes it: no second statement, no other argument.';

revoke all on function pydb_internal.schedule_is_command(text) from public;
