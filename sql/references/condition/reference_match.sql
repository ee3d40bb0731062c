-- pydb_internal.reference_match (condition): SQL text that joins the rows of an edge: child alias to parent alias.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_match(
    p_edge pydb_internal.reference_edge,
    p_child_alias text,
    p_parent_alias text
)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.key_match(
        p_child_alias, (p_edge).child_columns, p_parent_alias, (p_edge).parent_columns, (p_edge).operators,
        (p_edge).collations
    );
$$;

comment on function pydb_internal.reference_match(pydb_internal.reference_edge, text, text) is
'Join condition of an edge, column by column in the order of the reference, with its own operators.';

revoke all on function pydb_internal.reference_match(pydb_internal.reference_edge, text, text) from public;
