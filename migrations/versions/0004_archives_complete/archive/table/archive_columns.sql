-- pydb_internal.archive_columns (table): the columns of a table as an archive keeps them.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_columns(p_relation oid)
returns table (place smallint, name name, type text, schema name, is_computed boolean)
language plpgsql -- it keeps its plan, which takes ten times as long as to run it
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question at each batch
as $$
begin
    return query
    -- A domain as what it is made of: its checks may change, and would look at what is archived; its owner may drop it
    with recursive kept as (
        select a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attgenerated <> '' as is_computed
        from pg_attribute as a
        where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped
        union all
        select k.attnum, k.attname, t.typbasetype, t.typtypmod, k.attcollation, k.is_computed
        from kept as k
        inner join pg_type as t on t.oid = k.atttypid and t.typtype = 'd'
    )

    select
        k.attnum, k.attname,
        format_type(k.atttypid, k.atttypmod) || coalesce(
            (
                select format(' collate %I.%I', n.nspname, c.collname)
                from pg_collation as c
                inner join pg_namespace as n on n.oid = c.collnamespace
                where c.oid = k.attcollation
            ), ''
        ), s.nspname, k.is_computed
    from kept as k
    inner join pg_type as t on t.oid = k.atttypid and t.typtype <> 'd'
    inner join pg_namespace as s on s.oid = t.typnamespace
    order by k.attnum;
end
$$;

comment on function pydb_internal.archive_columns(oid) is
'Number, name and type (with length and collation, domains as their base type) of each column of a table, the schema of
the type, and whether the server computes it (generated).';

revoke all on function pydb_internal.archive_columns(oid) from public;
