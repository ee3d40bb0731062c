-- holds, policies, references: which columns they are about, whatever these are called later
alter table pydb.hold add column tables_seen regclass[], add column columns_seen jsonb;
comment on column pydb.hold.tables_seen is
'Tables that it named when it was placed; a tenant''s in all tables stays about them.';
comment on column pydb.hold.columns_seen is
'Array, an element for each of tables_seen: its number then (relation), and those of the columns that are named
(columns). Tells a column from another that has its name by now; null = not known.';
alter table pydb.retention_policy add column columns_seen jsonb;
comment on column pydb.retention_policy.columns_seen is
'The columns that it names, as their numbers when it was set, by table (target, keep_table, watermark_table). Tells a
column from another that has its name by now; null = not known.';
alter table pydb.reference add column columns_seen jsonb;
comment on column pydb.reference.columns_seen is
'The columns that it names, as their numbers when it was set (child, parent). Tells a column from another that has its
name by now; null = not known.';

-- of those that are there: as they are today
create function pydb_internal.columns_of_today(p_relation oid, p_columns name[], p_filter text)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object(
        'relation', p_relation::bigint, 'columns', coalesce(jsonb_object_agg(a.attname, a.attnum), '{}')
    )
    from pg_attribute as a
    where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped and (
        a.attname = any(p_columns) or a.attname in (
            select f.name::name from pydb_internal.filter_names(p_filter) as f where f.role in ('column', 'word')
        )
    );
$$;

update pydb.hold as h
set (tables_seen, columns_seen) = (
    select
        coalesce(array_agg(c.oid::regclass order by c.oid), '{}'),
        coalesce(jsonb_agg(pydb_internal.columns_of_today(c.oid, h.key_columns, h.filter) order by c.oid), '[]')
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where case
        when h.relation is not null then c.oid = h.relation
        when h.tables is not null then c.oid = any(h.tables::oid[])
        else c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
            and n.nspname not in ('pg_catalog', 'information_schema', 'pydb', 'pydb_internal', 'pydb_archive')
            and exists (
                select from pg_catalog.pg_attribute as a
                where a.attrelid = c.oid and a.attname = h.key_columns[1] and a.attnum > 0 and not a.attisdropped
            )
    end
)
where h.released_at is null;

update pydb.retention_policy as p
set columns_seen = pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
    'target', pydb_internal.columns_of_today(
        p.target, array[p.time_column, p.keep_column] || p.keep_by || p.keep_last_by, p.filter
    ), 'keep_table', case when p.keep_table is not null
        then pydb_internal.columns_of_today(p.keep_table, p.keep_key || array[p.keep_value], null) end,
    'watermark_table', case when p.watermark_table is not null
        then pydb_internal.columns_of_today(p.watermark_table, array[p.watermark_column], p.watermark_filter) end
))
where not p.builtin;

update pydb.reference as r
set columns_seen = pg_catalog.jsonb_build_object(
    'child', pydb_internal.columns_of_today(r.child, r.child_columns, r.filter),
    'parent', pydb_internal.columns_of_today(r.parent, r.parent_columns, r.parent_filter)
);

drop function pydb_internal.columns_of_today(oid, name[], text);
drop routine pydb_internal.run_react;

-- core: rows for which code of the application raises an error are found, whatever its SQLSTATE
alter type pydb_internal.run_state add attribute by_row boolean;

comment on column pydb_internal.run_state.by_row is
'True: one row alone may have raised the error met last.';
-- core: a turn says which other parts came to their end with it
alter type pydb_internal.run_turn add attribute through oid[];

comment on column pydb_internal.run_turn.through is
'Relations whose parts came to their end with this one: where they are the next ones, they have no turn.';
