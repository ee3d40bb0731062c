-- pydb_internal.shell_word (shell; by shell_command): a name as one word of a shell.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.shell_word(p_name text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_name ~ '^[a-zA-Z0-9_.:@%+=/][a-zA-Z0-9_.:@%+=/-]*$' then p_name
        else '''' || replace(p_name, '''', '''\''''') || ''''
    end;
$$;

comment on function pydb_internal.shell_word(text) is
'The name, in quotes where a shell would read it otherwise: whoever copies the command runs nothing else. Null stays
null.';

revoke all on function pydb_internal.shell_word(text) from public;
