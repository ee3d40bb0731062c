-- pydb_internal.orphan_source (condition; by orphan_count_piece): SQL text for FROM that gives the rows of a piece:
-- system columns and the columns named.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_source(
    p_piece pydb_internal.orphan_piece,
    p_columns name[],
    p_filter text
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_columns constant text := (select string_agg(format(', r.%I', u.name), '') from unnest(p_columns) as u (name));
    v_where constant text := case when p_piece.from_block > 0 or p_piece.until_block is not null then
        format(' and r.ctid >= ''(%s,0)''', p_piece.from_block) || case when p_piece.until_block is not null then
            format(' and r.ctid < ''(%s,0)''', p_piece.until_block)
        else '' end
    else '' end;
begin
    -- without a range it is the table itself, which several workers may share
    return '(' || (
        select string_agg(
            format(
                'select r.xmin%s from %s as r where %s%s', v_columns, pydb_internal.relation_source(u.leaf),
                '(' || coalesce(p_filter, 'true') || ')', v_where
            ),
            ' union all ' order by u.ord
        )
        from unnest(p_piece.leaves) with ordinality as u (leaf, ord)
    ) || ')';
end
$$;

comment on function pydb_internal.orphan_source(pydb_internal.orphan_piece, name[], text) is
'A subquery over the rows of a piece that meet the reference''s condition, bounded by blocks where it is not whole.';

revoke all on function pydb_internal.orphan_source(pydb_internal.orphan_piece, name[], text) from public;
