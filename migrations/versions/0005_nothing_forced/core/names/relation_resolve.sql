-- pydb_internal.relation_resolve (names; for pydb/reads.py): from a name as a person writes it to the relation, never
-- by the caller's search_path.
-- reads the catalog   writes nothing   locks nothing
-- raises YD004 YD006
create or replace function pydb_internal.relation_resolve(p_name text)
returns regclass
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part text[];
    v_found oid[];
begin
    begin
        v_part := parse_ident(p_name);
    exception when invalid_parameter_value then
        raise exception using errcode = 'YD006', message = format('%L is not a table name', p_name),
            detail = sqlerrm,
            hint = 'Write schema.table; quote a name that is not plain lower case: "My Schema"."Table".';
    end;
    if p_name is null or cardinality(v_part) not between 1 and 2 then
        raise exception using errcode = 'YD006', message = format('%L is not a table name', p_name),
            detail = format('It has %s parts; schema.table has two.', coalesce(cardinality(v_part), 0)),
            hint = 'Write schema.table; a dot inside a name needs double quotes.';
    end if;
    -- the server would cut a longer name off and might find another table under what is left
    if exists (select 1 from unnest(v_part) as u (part) where octet_length(u.part) > 63) then
        raise exception using errcode = 'YD006', message = format('name in %L is too long', p_name),
            detail = 'Names have at most 63 bytes in PostgreSQL.', hint = 'Write the name as \d shows it.';
    end if;
    select array_agg(c.oid order by n.nspname) into v_found
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where c.relname = v_part[cardinality(v_part)]
        and (cardinality(v_part) = 1 or n.nspname = v_part[1])
        and (cardinality(v_part) = 2 or (n.nspname <> 'information_schema' and n.nspname !~ '^pg_'));
    if v_found is null then
        raise exception using errcode = 'YD004', message = format('relation %s does not exist', p_name),
            detail = format('Database %s has no relation of this name.', current_database()),
            hint = 'psql: \dt *.*';
    elsif cardinality(v_found) > 1 then
        raise exception using errcode = 'YD004', message = format('relation %s is ambiguous: name its schema', p_name),
            detail = 'It could be ' || (
                select string_agg(pydb_internal.relation_name(u.oid), ' or ' order by u.ord)
                from unnest(v_found) with ordinality as u (oid, ord)
            ) || '.',
            hint = format('Write %s.', pydb_internal.relation_name(v_found[1]));
    end if;
    return v_found[1]::regclass;
end
$$;

comment on function pydb_internal.relation_resolve(text) is
'Relation for a name as written. Without a schema the name must be the only one of its kind (YD004); the search_path
is never asked. Malformed or longer than 63 bytes: YD006.';

revoke all on function pydb_internal.relation_resolve(text) from public;
