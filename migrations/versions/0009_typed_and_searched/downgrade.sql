drop routine pydb_internal.retention_together_next;

alter type pydb_internal.retention_work drop attribute parts_most;
drop routine pydb_internal.retention_seen;
drop routine pydb_internal.column_places;
drop routine pydb_internal.column_moved_problem;

create function pydb_internal.columns_of_places(p_seen pydb.seen_column[], p_keys text[], p_tables regclass[])
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case when p_seen is null then null when p_keys is null then (
        select coalesce(jsonb_agg(jsonb_build_object(
            'relation', coalesce(s.relation, t.oid)::bigint, 'columns', coalesce(s.columns, '{}')
        ) order by t.place), '[]')
        from unnest(p_tables::oid[]) with ordinality as t (oid, place)
        cross join lateral (
            select min(c.relation) as relation, jsonb_object_agg(c.name, c.number) as columns
            from unnest(p_seen) as c
            where c.place = t.place
        ) as s
    ) else (
        select coalesce(jsonb_object_agg(p_keys[s.place], s.seen), '{}')
        from (
            select c.place, jsonb_build_object(
                'relation', min(c.relation)::bigint, 'columns', jsonb_object_agg(c.name, c.number)
            ) as seen
            from unnest(p_seen) as c
            group by c.place
        ) as s
    ) end;
$$;

alter table pydb.hold alter column columns_seen type jsonb
using pydb_internal.columns_of_places(columns_seen, null, tables_seen);
alter table pydb.retention_policy alter column columns_seen type jsonb
using pydb_internal.columns_of_places(columns_seen, '{target,keep_table,watermark_table}', null);
alter table pydb.reference alter column columns_seen type jsonb
using pydb_internal.columns_of_places(columns_seen, '{child,parent}', null);
drop function pydb_internal.columns_of_places(pydb.seen_column[], text[], regclass[]);
drop type pydb.seen_column;
comment on column pydb.hold.columns_seen is
'Array, an element for each of tables_seen: its number then (relation), and those of the columns that are named
(columns). Tells a column from another that has its name by now; null = not known.';
comment on column pydb.retention_policy.columns_seen is
'The columns that it names, as their numbers when it was set, by table (target, keep_table, watermark_table). Tells a
column from another that has its name by now; null = not known.';
comment on column pydb.reference.columns_seen is
'The columns that it names, as their numbers when it was set (child, parent). Tells a column from another that has its
name by now; null = not known.';
