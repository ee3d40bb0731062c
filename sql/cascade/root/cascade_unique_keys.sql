-- pydb_internal.cascade_unique_keys (root): columns of the unique keys of a table.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_unique_keys(p_relation oid)
returns table (columns name[], is_primary boolean)
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        pydb_internal.column_names(p_relation, (string_to_array(i.indkey::text, ' ')::int2[])[1:i.indnkeyatts]),
            i.indisprimary
    from pg_catalog.pg_index as i
    where i.indrelid = p_relation and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null;
end
$$;

comment on function pydb_internal.cascade_unique_keys(oid) is
'Columns of each valid unique index without predicate or expression, and whether it is the primary key.';

revoke all on function pydb_internal.cascade_unique_keys(oid) from public;
