-- pydb_internal.reference_problem (graph): what is missing of a logical reference since it was set; null if it can be
-- followed.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_problem(p_reference pydb.reference)
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(string_agg(
            case
                when c.oid is null then format('table %s is gone', u.name)
                else format('column %I of %s is gone', s.name, pydb_internal.relation_name(c.oid))
            end, '; ' order by u.ord, s.ord
        ), pydb_internal.reference_moved_problem(p_reference))
        from (
            values
            (1, (p_reference).child::oid, (p_reference).child_name, (p_reference).child_columns),
            (2, (p_reference).parent::oid, (p_reference).parent_name, (p_reference).parent_columns)
        ) as u (ord, relation, name, columns)
        left join pg_catalog.pg_class as c on c.oid = u.relation
        cross join lateral unnest(case when c.oid is null then u.columns[1:1] else u.columns end)
        with ordinality as s (name, ord)
        where not exists (
            select 1 from pg_catalog.pg_attribute as a
            where a.attrelid = u.relation and a.attname = s.name and a.attnum > 0 and not a.attisdropped
        )
    );
end
$$;

comment on function pydb_internal.reference_problem(pydb.reference) is
'Tables and columns of a logical reference that are gone, or are others by now, in words; null if none is.';

revoke all on function pydb_internal.reference_problem(pydb.reference) from public;
