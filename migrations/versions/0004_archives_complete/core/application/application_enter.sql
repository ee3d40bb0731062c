-- pydb_internal.application_enter (application): from here on statements run as the application's own do, until
-- application_leave: its triggers, defaults, rules and constraint functions find what they name.
-- reads pg_db_role_setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_enter(p_is_written boolean default false)
returns text[]
language plpgsql
as $$ -- no SET clause: it would undo what this function is for. No operator and no function goes without its schema
declare
    -- what our routines pin. What is written down as text, to be read again, keeps our ways of writing
    v_names constant pg_catalog.text[] := case when p_is_written
        then '{row_security,search_path}'::pg_catalog.text[] else
        '{TimeZone,DateStyle,IntervalStyle,bytea_output,extra_float_digits,row_security,search_path}'::pg_catalog.text[]
        end;
    v_theirs constant pg_catalog.text[] := pydb_internal.application_settings(v_names);
    v_path constant pg_catalog.name[] := pydb_internal.application_path();
    v_ours pg_catalog.text[];
begin
    for v_place in 1 .. pg_catalog.cardinality(v_names) loop -- the path comes last
        v_ours[v_place] := pg_catalog.current_setting(v_names[v_place]);
        perform pg_catalog.set_config(v_names[v_place], v_theirs[v_place], true);
    end loop;
    if v_path is not null then
        perform pg_catalog.set_config('search_path', pydb_internal.application_path_text(v_path), true);
    end if;
    return v_ours;
end
$$;

comment on function pydb_internal.application_enter(boolean) is
'Sets search_path, row_security, TimeZone and the styles of output to what a new session of the running role would have
(p_is_written: the first two), the path to that of pydb_internal.application_pin where there is one, for this
transaction, and returns what they were: pydb_internal.application_leave takes it. A function that pins its
search_path, and an error, go back by themselves. Our text that is executed in between
names the schema of everything, operators too.';

revoke all on function pydb_internal.application_enter(boolean) from public;
