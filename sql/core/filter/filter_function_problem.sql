-- pydb_internal.filter_function_problem (filter; by filter_names_problem): why a filter may not call the
-- functions of a name.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.filter_function_problem(p_schema text, p_function text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- stable ones that neither take code or names as text nor tell of the session that asks
    c_stable constant text[] := '{age,array_to_json,array_to_string,concat,concat_ws,convert,convert_from,convert_to,
        current_schema,current_setting,date,date_part,date_trunc,enum_first,enum_last,enum_range,extract,format,
        json_build_array,json_build_object,json_to_tsvector,jsonb_build_array,jsonb_build_object,jsonb_path_exists_tz,
        jsonb_path_match_tz,jsonb_path_query_array_tz,jsonb_path_query_first_tz,jsonb_to_tsvector,length,
        make_timestamptz,money,now,numeric,overlaps,pg_column_size,pg_typeof,phraseto_tsquery,plainto_tsquery,
        quote_literal,quote_nullable,statement_timestamp,time,timestamp,timestamptz,timetz,timezone,to_char,to_date,
        to_json,to_jsonb,to_number,to_timestamp,to_tsquery,to_tsvector,transaction_timestamp,websearch_to_tsquery,xml,
        xml_is_well_formed,date_add,date_subtract}'::text[];
    v_problem text;
    v_schema constant text := coalesce(p_schema, 'pg_catalog');
begin
    -- which of its overloads a call means depends on the types: all of them must be fit
    select format('it calls %s, %s', p.oid::regprocedure, case
        when not pydb_internal.object_is_trusted('pg_proc', p.oid, p.pronamespace, p.proowner)
            then 'which is not part of PostgreSQL or of a superuser''s extension'
        when p.provolatile = 'v' then 'which is volatile'
        when p.provolatile = 's' then 'whose result may depend on more than its arguments'
        when p.prokind <> 'f' or p.proretset then 'which is no plain function'
        else 'which is not for expressions'
    end) into v_problem
    from pg_proc as p
    inner join pg_namespace as n on n.oid = p.pronamespace and n.nspname = v_schema::name
    inner join pg_language as l on l.oid = p.prolang
    where p.proname = p_function::name and (
        p.prokind <> 'f' or p.proretset
        or (
            v_schema <> 'pg_catalog'
            and not pydb_internal.object_is_trusted('pg_proc', p.oid, p.pronamespace, p.proowner)
        )
        or not (p.provolatile = 'i' or (p.provolatile = 's' and v_schema = 'pg_catalog' and p.proname = any(c_stable)))
        or not (l.lanname in ('internal', 'c') or (l.lanname = 'sql' and v_schema = 'pg_catalog'))
        or exists (
            -- cstring, internal, record, void and their like: input functions, handlers, what reads a whole row
            select from unnest(p.proargtypes::oid[] || p.prorettype) as u (type)
            where (select t.typtype = 'p' and t.typname !~ '^any' from pg_type as t where t.oid = u.type)
        )
    )
    order by p.oid
    limit 1;
    if v_problem is null and not exists (
        select from pg_proc as p
        inner join pg_namespace as n on n.oid = p.pronamespace and n.nspname = v_schema::name
        where p.proname = p_function::name
    ) then
        v_problem := format(
            'there is no function %s%s; name the schema of what is not PostgreSQL''s own',
            quote_ident(p_schema) || '.', quote_ident(p_function)
        );
    elsif v_problem is null and v_schema <> 'pg_catalog' and exists (
        -- a call with one argument may be read as a cast
        select from pg_type as t
        inner join pg_namespace as n on n.oid = t.typnamespace and n.nspname = v_schema::name
        where t.typname = p_function::name and pydb_internal.type_plain(t.oid) is distinct from t.oid
    ) then
        v_problem := format('%I.%I is a type too', p_schema, p_function);
    end if;
    return v_problem;
end
$$;

comment on function pydb_internal.filter_function_problem(text, text) is
'Why a filter may not call the functions of this name (null: of pg_catalog), or null. Allowed are PostgreSQL''s own
immutable ones and a list of stable ones, and immutable ones in C of an extension, owned by a superuser.';

revoke all on function pydb_internal.filter_function_problem(text, text) from public;
