-- pydb_internal.key_match (names): SQL text that joins the rows of a key or reference: child alias to parent alias.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.key_match(
    p_child_alias text,
    p_child_columns name[],
    p_parent_alias text,
    p_parent_columns name[],
    p_operators text[],
    p_collations text[]
)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select string_agg(
        format(
            '%s.%I %s %s.%I%s', p_parent_alias, u.parent_column, u.operator, p_child_alias, u.child_column, u.collated
        ), ' and ' order by u.ord
    )
    from unnest(p_child_columns, p_parent_columns, p_operators, p_collations)
    with ordinality as u (child_column, parent_column, operator, collated, ord);
$$;

comment on function pydb_internal.key_match(text, name[], text, name[], text[], text[]) is
'Join condition of a foreign key or logical reference, column by column in its order, with its own operators.';

revoke all on function pydb_internal.key_match(text, name[], text, name[], text[], text[]) from public;
