-- pydb_internal.cascade_index_command (plan): the statement that makes the index which a reference lacks.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_index_command(p_child oid, p_columns name[])
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(pydb_internal.reference_stored_command(p_child, p_columns), format(
            'create index %son %s %s(%s);',
            -- a partitioned table takes no CONCURRENTLY; its partitions do, one by one, before it
            case when c.relkind = 'p' then '' else 'concurrently ' end, pydb_internal.relation_name(c.oid),
            -- a key with PERIOD asks what overlaps, and only such a key ends with a range
            case when exists (
                select 1 from pg_catalog.pg_attribute as a
                inner join pg_catalog.pg_type as t on t.oid = a.atttypid and t.typtype in ('r', 'm')
                where a.attrelid = c.oid and a.attname = p_columns[cardinality(p_columns)]
            ) and exists (
                select 1 from pg_catalog.pg_constraint as k
                where k.conrelid = c.oid and k.contype = 'f' and (to_jsonb(k) ->> 'conperiod')::boolean
            ) then 'using gist ' else '' end,
            (
                select string_agg(format('%I', u.name), ', ' order by u.ord)
                from unnest(p_columns) with ordinality as u (name, ord)
            )
        ))
        from pg_catalog.pg_class as c
        where c.oid = p_child
    );
end
$$;

comment on function pydb_internal.cascade_index_command(oid, name[]) is
'CREATE INDEX on the referencing columns of a table, CONCURRENTLY where that can be, of the kind that the key can use;
where they are virtual, the ALTER TABLE that must come first.';

revoke all on function pydb_internal.cascade_index_command(oid, name[]) from public;
