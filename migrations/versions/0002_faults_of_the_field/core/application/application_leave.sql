-- pydb_internal.application_leave (application): go back from application_enter.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_leave(p_ours text[])
returns void
language plpgsql
as $$ -- no SET clause: it would undo what this function is for. No operator and no function goes without its schema
declare
    v_names constant pg_catalog.text[] := case
        when pg_catalog.int4eq(pg_catalog.cardinality(p_ours), 2)
        then '{row_security,search_path}'::pg_catalog.text[] else
        '{TimeZone,DateStyle,IntervalStyle,bytea_output,extra_float_digits,row_security,search_path}'::pg_catalog.text[]
        end;
begin
    for v_place in 1 .. pg_catalog.cardinality(v_names) loop
        perform pg_catalog.set_config(v_names[v_place], p_ours[v_place], true);
    end loop;
end
$$;

comment on function pydb_internal.application_leave(text[]) is
'Sets again what pydb_internal.application_enter returned.';

revoke all on function pydb_internal.application_leave(text[]) from public;
