-- pydb_internal.reference_parse (names): the name of a reference as a person writes it, in its parts; null if it cannot
-- be read.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_parse(p_name text)
returns text[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return parse_ident(p_name);
exception when invalid_parameter_value then
    return null;
end
$$;

comment on function pydb_internal.reference_parse(text) is
'Parts of schema.table.name, folded and unquoted as the server would; null for what is no name.';

revoke all on function pydb_internal.reference_parse(text) from public;
