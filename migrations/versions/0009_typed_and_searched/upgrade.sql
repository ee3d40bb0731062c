drop routine pydb_internal.retention_together_next;

alter type pydb_internal.retention_work add attribute parts_most bigint;
comment on column pydb_internal.retention_work.parts_most is
'Partitions that the next lock takes at most; null = none has shown how long that is.';
drop routine pydb_internal.retention_seen;
drop routine pydb_internal.column_places;
drop routine pydb_internal.column_moved_problem;

-- holds, policies, references: the columns that they are about, one by one
create type pydb.seen_column as (
    place integer,
    relation oid,
    name name,
    number smallint
);

comment on type pydb.seen_column is
'A column that a hold, a policy or a reference names, as it was when that was set: tells it from another that has its
name by now.';
comment on column pydb.seen_column.place is
'Of which table: of a hold its place in tables_seen; of a policy 1 its own, 2 the mapping, 3 that of the watermark; of a
reference 1 the child, 2 the parent.';
comment on column pydb.seen_column.relation is 'Number of the table then; after a restore from a dump it has another.';
comment on column pydb.seen_column.name is 'Name of the column.';
comment on column pydb.seen_column.number is 'Its number in the table then.';

create function pydb_internal.columns_typed(p_seen jsonb, p_keys text[])
returns pydb.seen_column[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case when p_seen is not null then array(
        select row(k.place, (k.seen ->> 'relation')::oid, c.key, c.value::smallint)::pydb.seen_column
        from (
            select u.place, p_seen -> u.key as seen
            from unnest(p_keys) with ordinality as u (key, place)
            union all
            select e.place, e.seen
            from jsonb_array_elements(case when p_keys is null then p_seen else '[]' end) with ordinality as e (seen, place)
        ) as k
        cross join lateral jsonb_each_text(k.seen -> 'columns') as c
        order by k.place, c.value::smallint
    ) end;
$$;

alter table pydb.hold alter column columns_seen type pydb.seen_column[]
using pydb_internal.columns_typed(columns_seen, null);
alter table pydb.retention_policy alter column columns_seen type pydb.seen_column[]
using pydb_internal.columns_typed(columns_seen, '{target,keep_table,watermark_table}');
alter table pydb.reference alter column columns_seen type pydb.seen_column[]
using pydb_internal.columns_typed(columns_seen, '{child,parent}');
drop function pydb_internal.columns_typed(jsonb, text[]);
comment on column pydb.hold.columns_seen is
'The columns that it names, of each of tables_seen, as they were when it was placed. Tells a column from another that
has its name by now; null = not known.';
comment on column pydb.retention_policy.columns_seen is
'The columns that it names, of its table, its mapping and the table of its watermark, as they were when it was set.
Tells a column from another that has its name by now; null = not known.';
comment on column pydb.reference.columns_seen is
'The columns that it names, of child and parent, as they were when it was set. Tells a column from another that has its
name by now; null = not known.';
