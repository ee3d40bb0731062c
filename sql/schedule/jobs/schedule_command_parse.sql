-- pydb_internal.schedule_command_parse (jobs): procedure and subject of a command as we write it.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_command_parse(p_command text, out procedure text, out subject text)
returns record
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part constant text[] := regexp_match(
        p_command,
        -- E'' in quotes: a backslash means the same whatever standard_conforming_strings says
        E'^call pydb[.]([a-z][a-z0-9_]*)[(](?:'
        || E'''((?:[^''\\\\]|'''')*)'''
        || E'| ?E''((?:[^''\\\\]|''''|\\\\\\\\)*)'''
        || E')?[)]$'
    );
begin
    procedure := v_part[1];
    subject := replace(coalesce(v_part[2], replace(v_part[3], E'\\\\', E'\\')), '''''', '''');
end
$$;

comment on function pydb_internal.schedule_command_parse(text) is
'What a command calls that is exactly one CALL as schedule_command writes it: no second statement, no other
argument; subject null = no argument. Both null for anything else.';

revoke all on function pydb_internal.schedule_command_parse(text) from public;
