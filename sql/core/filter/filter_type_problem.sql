-- pydb_internal.filter_type_problem (filter; by filter_names_problem): why a filter may not name a type.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.filter_type_problem(p_schema text, p_type text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_type oid;
begin
    if p_schema is null and p_type in (
        'bigint', 'bit', 'boolean', 'char', 'character', 'dec', 'decimal', 'double', 'float', 'int', 'integer', 'nchar',
        'real', 'smallint'
    ) then
        return null; -- what the language calls them
    end if;
    -- a name without a schema is looked up in pg_catalog first: what stands there cannot be hidden
    select t.oid into v_type
    from pg_type as t
    inner join pg_namespace as n on n.oid = t.typnamespace
    where n.nspname = coalesce(p_schema, 'pg_catalog')::name and t.typname = p_type::name;
    return case
        when v_type is null then format(
            'type %s does not exist; name the schema of what is not PostgreSQL''s own',
            coalesce(p_schema || '.', '') || p_type
        )
        when pydb_internal.type_plain(v_type) is distinct from v_type then format(
            'it names the type %s, which is not part of PostgreSQL or of a superuser''s extension, and no plain enum',
            format_type(v_type, null)
        )
    end;
end
$$;

comment on function pydb_internal.filter_type_problem(text, text) is
'Why a type may not stand in a filter, or null: PostgreSQL''s own, those of a superuser''s extension and enums may.';

revoke all on function pydb_internal.filter_type_problem(text, text) from public;
