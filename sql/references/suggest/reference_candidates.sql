-- pydb_internal.reference_candidates (suggest; by reference_suggest): columns that look like references, by names and
-- types, and are none yet.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_candidates(p_schema text)
returns table (child oid, child_column name, parent oid, parent_column name, reason text, is_named boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
    with known as materialized (select r.* from pydb_internal.reference_edges() as r),

    col as materialized (select c.* from pydb_internal.reference_open_columns() as c),

    open as materialized (
        select c.*
        from col as c
        where (p_schema is null or c.schema = p_schema) and not exists (
            select 1 from known as r where r.child = c.relation and r.child_columns = array[c.column_name]
        )
    ),

    -- whose row a column names that another one beside it tells is not for its name to say
    guess as materialized (
        select r.*
        from pydb_internal.reference_roles() as r
        where not exists (
            select 1 from pydb_internal.reference_kind_columns() as k
            where k.relation = r.child and k.column_name = r.child_column
        )
    ),

    fit as (
        select
            c.relation, c.column_name, a.relation as parent, a.column_name as parent_column,
            a.schema <> c.schema as is_far, not a.is_primary as is_weak, 0::bigint as uses,
            string_agg(distinct a.rule, '; ') as rule
        from open as c
        inner join pydb_internal.reference_aliases() as a
            on a.plain_name = c.plain_name and (a.relation, a.attnum) <> (c.relation, c.attnum)
        where pydb_internal.reference_comparable(c.base_type, a.base_type)
        group by 1, 2, 3, 4, 5, 6
        union all
        select
            c.relation, c.column_name, s.parent, s.parent_column, s.schema <> c.schema, false, s.uses,
            '%2$s to %1$s start at a column of this name'
        from open as c
        inner join pydb_internal.reference_shared_names() as s
            on s.column_name = c.column_name and s.base_type = c.base_type
        -- artist.type leads to artist_type, wherever the types of others lead
        where not c.is_primary and s.parent <> c.relation and not exists (
            select 1 from guess as r
            where r.child = c.relation and r.child_column = c.column_name and r.weight = 36 and r.parent <> s.parent
        )
    ),

    role as (
        select f.*
        from (
            select r.*, rank() over (partition by r.child, r.child_column order by r.is_far, r.weight desc) as place
            from guess as r
            inner join open as c on c.relation = r.child and c.column_name = r.child_column
            where not exists (select 1 from fit as f where f.relation = r.child and f.column_name = r.child_column)
        ) as f
        where f.place = 1
    ),

    placed as (
        select
            f.*,
            rank() over (
                partition by f.relation, f.column_name, f.uses = 0 order by f.is_far, f.is_weak, f.uses desc
            ) as place,
            count(*) over (
                partition by f.relation, f.column_name, f.is_far, f.is_weak, f.uses
            ) as ties
        from fit as f
    )

    select
        f.relation, f.column_name, f.parent, f.parent_column,
        string_agg(format(
            f.rule, pydb_internal.relation_name(f.parent),
            f.uses || case when f.uses = 1 then ' reference' else ' references' end
        ), '; ' order by f.uses), true
    from placed as f
    where f.place = 1 and f.ties <= 3 and not exists (
        -- part of a longer key that pairs the same two columns
        select 1 from known as r
        where r.child = f.relation and r.parent = f.parent
            and array_position(r.child_columns, f.column_name) = array_position(r.parent_columns, f.parent_column)
    )
    group by 1, 2, 3, 4
    union all
    select
        r.child, r.child_column, r.parent, r.parent_column, format(r.rule, pydb_internal.relation_name(r.parent)), false
    from role as r
$$;

comment on function pydb_internal.reference_candidates(text) is
'Proposals of pydb.reference_suggest, not measured: a column named after a table or its key, or named like one that
references it elsewhere, of a type that compares; tables of the same schema before others. A name that fits more than
three tables alike is left out. is_named false: no name says so, but the part that the row plays (reference_roles).';

revoke all on function pydb_internal.reference_candidates(text) from public;
