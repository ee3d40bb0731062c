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
            -- awayTeamId, featured_user1_id
            c.*, regexp_replace(
                lower(regexp_replace(c.column_name::text, '([a-z0-9])([A-Z])', '\1_\2', 'g')), '([a-z])[0-9]+(_|$)',
                '\1\2', 'g'
            ) as snake,
            regexp_replace(c.plain_name, '.id$', left(right(c.plain_name, 3), 1)) as bare
        from pydb_internal.reference_open_columns() as c
    ),

    -- account_user is user_id as well, where nothing is called so in full
    alias as materialized (
        select
            a.plain_name, a.relation, t.relname as table_name, a.schema, a.column_name, a.base_type, false as is_short
        from pydb_internal.reference_aliases() as a
        inner join pg_class as t on t.oid = a.relation
        union
        select w.word || 'id', k.relation, k.table_name, k.schema, k.column_name, k.base_type, true
        from col as k
        cross join lateral unnest(pydb_internal.reference_short_words(k.table_name)) as w (word)
        where k.is_primary
    ),

    tail as materialized (
        select c.*, s.tail, s.words
        from col as c
        cross join lateral (
            select array_to_string(p.parts[u.i:], '') as tail, cardinality(p.parts) - u.i as words
            from (select string_to_array(c.snake, '_') as parts) as p
            cross join lateral generate_series(1, cardinality(p.parts)) as u (i)
        ) as s
    ),

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
            || '|original|reply_to|in_reply_to|reports_to|replaced_by|superseded_by|merged_into|duplicate_of'
            || '|copied_from)(_id)?$')
            or c.snake ~ '^parent_' and c.bare in (
                select 'parent' || w.word from unnest(pydb_internal.reference_words(c.table_name)) as w (word)
            )
        union all
        -- a table's name behind the part that it plays: home_team_id, billing_address_id; or its short name alone
        select c.relation, c.column_name, a.relation, a.column_name, c.schema, a.schema, c.base_type, a.base_type,
            case when c.tail = c.plain_name then 33 when a.is_short then 10 + c.words else 20 + c.words end
            -- of two that fit, the one of the same application
            + (split_part(a.table_name::text, '_', 1) = split_part(c.table_name::text, '_', 1))::integer,
            'its name ends like that of a reference to %s'
        from tail as c
        inner join alias as a on a.plain_name = c.tail and (a.is_short or c.tail <> c.plain_name)
        where not a.is_short or a.schema = c.schema
        union all
        -- the same without an id: begin_area
        select c.relation, c.column_name, k.relation, k.column_name, c.schema, k.schema, c.base_type, k.base_type,
            5 + c.words, 'its name ends like that of %s'
        from tail as c
        inner join word as k on k.word = c.tail and k.schema = c.schema
        where c.tail <> c.plain_name
        union all
        -- the table's name without more, or with that of the column's own table before it: artist.type to artist_type
        select c.relation, c.column_name, k.relation, k.column_name, c.schema, k.schema, c.base_type, k.base_type,
            c.weight, 'it is called like %s'
        from (
            select c.*, c.plain_name as wanted, 35 as weight from col as c
            union all
            select c.*, replace(lower(c.table_name), '_', '') || c.bare, 36 from col as c
        ) as c
        inner join word as k on k.word = c.wanted and k.relation <> c.relation and k.schema = c.schema
        union all
        select p.* from pydb_internal.reference_people() as p
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
