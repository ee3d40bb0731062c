-- holds: which columns a hold is about, whatever these are called later
alter table pydb.hold add column tables_seen regclass[], add column columns_seen jsonb;
comment on column pydb.hold.tables_seen is
'Tables that it named when it was placed; a tenant''s in all tables stays about them.';
comment on column pydb.hold.columns_seen is
'Array, an element for each of tables_seen: its number then (relation), and those of the columns that are named
(columns). Tells a column from another that has its name by now; null = not known.';

-- of those that are there: as they are today
update pydb.hold as h
set (tables_seen, columns_seen) = (
    select
        coalesce(array_agg(s.relation::regclass order by s.relation), '{}'),
        coalesce(jsonb_agg(jsonb_build_object('relation', s.relation::bigint, 'columns', s.columns)
            order by s.relation), '[]')
    from (
        select c.oid as relation, coalesce(jsonb_object_agg(a.attname, a.attnum) filter (where a.attname is not null),
            '{}') as columns
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and (
            a.attname = any(h.key_columns) or a.attname in (
                select f.name::name from pydb_internal.filter_names(h.filter) as f where f.role in ('column', 'word')
            )
        )
        where case
            when h.relation is not null then c.oid = h.relation
            when h.tables is not null then c.oid = any(h.tables::oid[])
            else c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
                and n.nspname not in ('pg_catalog', 'information_schema', 'pydb', 'pydb_internal', 'pydb_archive')
                and a.attname is not null
        end
        group by c.oid
    ) as s
)
where h.released_at is null;
