-- pydb_internal.reference_roles (suggest; by reference_candidates): columns that are called by the part that the other
-- row plays, and whose row that could be: their own table's, or that of another one.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_roles()
returns table (child oid, child_column name, parent oid, parent_column name, is_far boolean, weight integer, rule text)
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off -- nobody tells the planner how few rows the catalog has
as $$
    with col as materialized (
        select
            c.*, lower(regexp_replace(c.column_name::text, '([a-z0-9])([A-Z])', '\1_\2', 'g')) as snake,
            regexp_replace(c.plain_name, '.id$', left(right(c.plain_name, 3), 1)) as bare
        from pydb_internal.reference_open_columns() as c
    ),

    known as materialized (select r.* from pydb_internal.reference_edges() as r),

    -- a role of a person, and whom such columns reference where a key says so
    person as materialized (
        select p.schema, r.parent, r.parent_columns[1] as column_name, count(*) as uses
        from known as r
        inner join col as c on c.relation = r.child and c.column_name = r.child_columns[1]
        inner join col as p on p.relation = r.parent and p.column_name = r.parent_columns[1]
        where cardinality(r.child_columns) = 1 and c.snake ~ '(_by|^owner|^author|^creator|^editor|^assignee)(_id)?$'
        group by 1, 2, 3
    ),

    alias as materialized (select a.* from pydb_internal.reference_aliases() as a),

    word as materialized (
        select k.*, w.word
        from col as k
        cross join lateral unnest(pydb_internal.reference_words(k.table_name)) as w (word)
        where k.is_primary and k.base_type in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype)
    ),

    guess as (
        -- its own table: parent, parent_id, category_parent_id, reply_to, replaced_by
        select
            c.relation, c.column_name, k.relation as parent, k.column_name as parent_column, c.schema, k.schema as at,
            c.base_type as ours, k.base_type as theirs, 40 as weight,
            'it is called like a row of its own table, %s' as rule
        from col as c
        inner join col as k on k.relation = c.relation and k.is_key and k.attnum <> c.attnum
            and (k.is_primary or k.plain_name = 'id')
        where c.snake ~ ('(^|_)(parent|root|previous|prev|next|predecessor|successor|ancestor|supervisor|manager'
            || '|reply_to|in_reply_to|reports_to|replaced_by|superseded_by|merged_into|duplicate_of|copied_from)'
            || '(_id)?$')
            or c.snake ~ '^parent_' and c.bare in (
                select 'parent' || w.word from unnest(pydb_internal.reference_words(c.table_name)) as w (word)
            )
        union all
        -- a table's name behind the part that it plays: home_team_id, billing_address_id
        select c.relation, c.column_name, a.relation, a.column_name, c.schema, a.schema, c.base_type, a.base_type,
            20 + s.words, 'its name ends like that of a reference to %s'
        from col as c
        cross join lateral (
            select array_to_string(p.parts[u.i:], '') as tail, cardinality(p.parts) - u.i as words
            from (select string_to_array(c.snake, '_') as parts) as p
            cross join lateral generate_series(2, cardinality(p.parts)) as u (i)
        ) as s
        inner join alias as a on a.plain_name = s.tail
        union all
        -- the table's name without more, or with that of the column's own table before it: artist.type to artist_type
        select c.relation, c.column_name, k.relation, k.column_name, c.schema, k.schema, c.base_type, k.base_type,
            c.weight, 'it is called like %s'
        from (
            select c.*, c.plain_name as wanted, 35 as weight from col as c
            union all
            select c.*, replace(lower(c.table_name), '_', '') || c.bare, 36 from col as c
        ) as c
        inner join word as k on k.word = c.wanted and k.relation <> c.relation
        union all
        -- people: where other columns of that kind lead
        select c.relation, c.column_name, p.parent, p.column_name, c.schema, p.schema, c.base_type, k.base_type,
            30 + least(p.uses, 4)::integer, 'columns of this kind reference %s'
        from col as c
        inner join person as p on p.schema = c.schema
        inner join col as k on k.relation = p.parent and k.column_name = p.column_name
        where c.snake ~ '(_by|^owner|^author|^creator|^editor|^assignee)(_id)?$'
        union all
        select c.relation, c.column_name, k.relation, k.column_name, c.schema, k.schema, c.base_type, k.base_type,
            29, 'it is called like a person, and %s holds some'
        from col as c
        inner join col as k on k.schema = c.schema and k.is_primary and replace(lower(k.table_name), '_', '') in (
            'user', 'users', 'person', 'persons', 'people', 'employee', 'employees', 'staff', 'appuser', 'appusers'
        )
        where c.snake ~ '(_by|^owner|^author|^creator|^editor|^assignee)(_id)?$'
    )

    select
        g.relation, g.column_name, g.parent, g.parent_column, g.at <> g.schema, max(g.weight), min(g.rule)
    from guess as g
    inner join col as c on c.relation = g.relation and c.column_name = g.column_name and not c.is_key
    where pydb_internal.reference_comparable(g.ours, g.theirs)
    group by 1, 2, 3, 4, 5
$$;

comment on function pydb_internal.reference_roles() is
'Weaker proposals than a name: references of a table to itself (parent, reply_to), names that end like a reference
(home_team_id), the bare name of a table, and names of people (updated_by); weight: the more the likelier.';

revoke all on function pydb_internal.reference_roles() from public;
