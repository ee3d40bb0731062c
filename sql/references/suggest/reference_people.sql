-- pydb_internal.reference_people (suggest; by reference_roles): columns that are called by what a person does, and the
-- tables that hold people.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_people()
returns table (
    child oid, child_column name, parent oid, parent_column name, schema name, at name, ours oid, theirs oid,
    weight integer, rule text
)
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off -- nobody tells the planner how few rows the catalog has
as $$
    with col as materialized (select c.* from pydb_internal.reference_open_columns() as c),

    called as materialized (
        select c.*
        from col as c
        where lower(regexp_replace(c.column_name::text, '([a-z0-9])([A-Z])', '\1_\2', 'g')) ~ (
            '(_by|(^|_)(owner|author|creator|editor|assignee|approver|reviewer|moderator|uploader|sender|recipient'
            || '|actor|causer|tagger|rep|agent))(_id)?$'
        )
    ),

    known as materialized (select r.* from pydb_internal.reference_edges() as r)

    -- where other columns of that kind lead
    select
        c.relation, c.column_name, p.parent, p.column_name, c.schema, p.schema, c.base_type, p.base_type,
        30 + least(p.uses, 4)::integer, 'columns of this kind reference %s'
    from called as c
    inner join (
        select p.schema, r.parent, p.column_name, p.base_type, count(*) as uses
        from known as r
        inner join called as c on c.relation = r.child and c.column_name = r.child_columns[1]
        inner join col as p on p.relation = r.parent and p.column_name = r.parent_columns[1]
        where cardinality(r.child_columns) = 1
        group by 1, 2, 3, 4
    ) as p on p.schema = c.schema
    union all
    select
        c.relation, c.column_name, k.relation, k.column_name, c.schema, k.schema, c.base_type, k.base_type,
        -- users rather than account_user, and that rather than nobody
        case when n.words && pydb_internal.reference_words(k.table_name) then 29 else 28 end,
        'it is called like a person, and %s holds some'
    from called as c
    cross join (values ('{user,person,people,employee,staff,appuser}'::text[])) as n (words)
    inner join col as k on k.schema = c.schema and k.is_primary and n.words && (
        pydb_internal.reference_words(k.table_name) || pydb_internal.reference_short_words(k.table_name)
    )
$$;

comment on function pydb_internal.reference_people() is
'updated_by, owner_id and their like, with the tables of people in their schema: those that such columns reference, and
those that are called so (users, account_user, employees).';

revoke all on function pydb_internal.reference_people() from public;
