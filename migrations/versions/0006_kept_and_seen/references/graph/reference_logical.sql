-- pydb_internal.reference_logical (graph): the logical references, as they are stored.
-- reads pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_logical(p_parents oid[], p_reference text)
returns setof pydb.reference
language plpgsql -- it keeps its plan
stable
security definer -- whoever deletes has to see what it leads to, without a right on pydb.reference
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select r.*
    from pydb.reference as r
    where (p_parents is null or r.parent = any(p_parents)) and (p_reference is null or r.name = p_reference);
end
$$;

comment on function pydb_internal.reference_logical(oid[], text) is
'Rows of pydb.reference that point at one of the relations (null: at any), and have the name (null: any).';

revoke all on function pydb_internal.reference_logical(oid[], text) from public;
