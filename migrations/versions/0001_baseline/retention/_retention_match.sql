-- pydb._retention_match: SQL text that joins the rows of a foreign key: child alias to parent alias.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._retention_match(
    p_child_alias text,
    p_child_columns name[],
    p_parent_alias text,
    p_parent_columns name[]
)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select string_agg(
        format('%s.%I = %s.%I', p_child_alias, u.child_column, p_parent_alias, u.parent_column), ' and ' order by u.ord
    )
    from rows from (unnest(p_child_columns), unnest(p_parent_columns))
    with ordinality as u (child_column, parent_column, ord);
$$;

comment on function pydb._retention_match(text, name[], text, name[]) is
'Join condition of a foreign key, column by column in the order of the constraint.';

revoke all on function pydb._retention_match(text, name[], text, name[]) from public;
