-- pydb_internal.reference_shared_names (suggest; by reference_candidates): names by which tables already reference
-- something; one that fits many tables alike says nothing.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_shared_names()
returns table (column_name name, base_type oid, parent oid, schema name, parent_column name, uses bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
    with col as materialized (select c.* from pydb_internal.reference_open_columns() as c)

    select s.column_name, s.base_type, s.parent, s.schema, s.parent_column, s.uses
    from (
        select
            c.column_name, c.base_type, r.parent, p.schema, r.parent_columns[1] as parent_column, count(*) as uses,
            rank() over (partition by c.column_name, c.base_type, p.schema order by count(*) desc) as place,
            count(*) over (partition by c.column_name, c.base_type, p.schema, count(*)) as ties
        from pydb_internal.reference_edges() as r
        inner join col as c on c.relation = r.child and c.column_name = r.child_columns[1]
        inner join col as p on p.relation = r.parent and p.column_name = r.parent_columns[1]
        where cardinality(r.child_columns) = 1 and r.child <> r.parent
        group by c.column_name, c.base_type, r.parent, p.schema, r.parent_columns[1]
    ) as s
    where s.place = 1 and s.ties <= 3
$$;

comment on function pydb_internal.reference_shared_names() is
'For each name and type of a referencing column the parents that most such columns lead to, at most three in a schema,
and how many columns do.';

revoke all on function pydb_internal.reference_shared_names() from public;
