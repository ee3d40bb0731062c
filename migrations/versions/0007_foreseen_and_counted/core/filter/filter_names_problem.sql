-- pydb_internal.filter_names_problem (filter): what in a filter could run something that no superuser wrote; told
-- from its names and the catalog alone, nothing of it is parsed or run.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.filter_names_problem(
    p_relation regclass,
    p_filter text,
    p_is_stored boolean
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name record;
    v_is_enum boolean;
    v_plain oid;
    v_problem text;
begin
    for v_name in
        select n.*, a.atttypid, quote_ident(n.name) as named,
            concat(quote_ident(n.schema) || '.', quote_ident(n.name)) as qualified
        from (
            select
                f.role, f.schema, f.name, f.is_wrapped, lower(f.next_token) in ('::', 'as') as is_cast,
                min(f.place) as place
            from pydb_internal.filter_names(p_filter) as f
            where f.role is not null
            group by f.role, f.schema, f.name, f.is_wrapped, 5
        ) as n
        left join pg_attribute as a on n.role in ('column', 'word') and a.attrelid = p_relation
            and a.attname = n.name::name and a.attnum > 0 and not a.attisdropped
        where n.role <> 'word' or a.attname is not null
        order by n.place
    loop
        case v_name.role
            when 'function' then
                v_problem := pydb_internal.filter_function_problem(v_name.schema, v_name.name);
            when 'type' then
                v_problem := pydb_internal.filter_type_problem(v_name.schema, v_name.name);
            when 'operator' then
                v_problem := case when not coalesce((
                    select bool_and(
                        pydb_internal.object_is_trusted('pg_operator', o.oid, o.oprnamespace, o.oprowner)
                        and pydb_internal.object_is_trusted('pg_proc', f.oid, f.pronamespace, f.proowner)
                        and f.provolatile <> 'v'
                    )
                    from pg_operator as o
                    inner join pg_namespace as n on n.oid = o.oprnamespace
                    left join pg_proc as f on f.oid = o.oprcode
                    where n.nspname = v_name.schema::name and o.oprname = v_name.name::name
                ), false) then format(
                    'operator %I.%s is not part of PostgreSQL or of a superuser''s extension', v_name.schema,
                    v_name.name
                ) end;
            when 'column', 'word' then
                v_plain := pydb_internal.type_plain(v_name.atttypid);
                select t.typtype = 'e' or (t.typelem <> 0 and t.typnamespace <> 'pg_catalog'::regnamespace)
                into v_is_enum
                from pg_type as t
                where t.oid = v_plain;
                v_problem := case
                    when v_name.atttypid is null
                        then format('it names %s, which is no column of the table', v_name.named)
                    when v_plain is null then format(
                        'column %s is of type %s: what its owner wrote may run where its values are compared',
                        v_name.named, format_type(v_name.atttypid, null)
                    )
                    when v_plain <> v_name.atttypid and (
                        v_is_enum or v_name.role = 'word' or p_is_stored and not v_name.is_wrapped
                    ) then format(
                        'column %s is of the domain %s over %s', v_name.named, format_type(v_name.atttypid, null),
                        format_type(v_plain, null)
                    )
                    when v_is_enum and v_name.is_cast
                        then format('it casts column %s: compare it with values of its own type', v_name.named)
                end;
            when 'character' then v_problem := format('it holds a %s', v_name.name);
            else v_problem := format('%s has no place in a filter', v_name.qualified);
        end case;
        exit when v_problem is not null;
    end loop;
    return v_problem;
end
$$;

comment on function pydb_internal.filter_names_problem(regclass, text, boolean) is
'Why a filter may not be parsed by anybody but its author, or null: it names a type, function or operator that is
neither PostgreSQL''s nor of a superuser''s extension, a function that is volatile or takes code as text, something
that is no column of the table, or a column whose type runs what its owner wrote. p_is_stored: columns of a domain must
have been cast to its base type.';

revoke all on function pydb_internal.filter_names_problem(regclass, text, boolean) from public;
