-- pydb_internal.cascade_index_command (plan): the statement that makes the index which an edge lacks.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_index_command(p_edge pydb_internal.reference_edge)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(pydb_internal.reference_stored_command(p_edge.child, p_edge.child_columns), format(
        'create index %son %s (%s);',
        -- a partitioned table takes no CONCURRENTLY; its partitions do, one by one, before it
        case when c.relkind = 'p' then '' else 'concurrently ' end, pydb_internal.relation_name(c.oid),
        (
            select string_agg(format('%I', u.name), ', ' order by u.ord)
            from unnest(p_edge.child_columns) with ordinality as u (name, ord)
        )
    ))
    from pg_catalog.pg_class as c
    where c.oid = p_edge.child;
$$;

comment on function pydb_internal.cascade_index_command(pydb_internal.reference_edge) is
'CREATE INDEX on the referencing columns of an edge, CONCURRENTLY where that can be; where they are virtual, the
ALTER TABLE that must come first.';

revoke all on function pydb_internal.cascade_index_command(pydb_internal.reference_edge) from public;
