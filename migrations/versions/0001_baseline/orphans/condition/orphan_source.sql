-- pydb_internal.orphan_source (condition; by orphan_look): SQL text for FROM that gives the rows of a piece: system
-- columns and the columns named.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_source(
    p_leaves oid[],
    p_columns name[],
    p_from bigint,
    p_until bigint
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_columns constant text := (select string_agg(format(', r.%I', u.name), '') from unnest(p_columns) as u (name));
    v_where constant text := case when p_from > 0 or p_until is not null then
        format(' where r.ctid >= ''(%s,0)''', p_from) || case when p_until is not null then
            format(' and r.ctid < ''(%s,0)''', p_until)
        else '' end
    else '' end;
begin
    -- without a range it is the table itself, which several workers may share
    return '(' || (
        select string_agg(
            format('select r.xmin%s from only %s as r%s', v_columns, pydb_internal.relation_name(u.leaf), v_where),
            ' union all ' order by u.ord
        )
        from unnest(p_leaves) with ordinality as u (leaf, ord)
    ) || ')';
end
$$;

comment on function pydb_internal.orphan_source(oid[], name[], bigint, bigint) is
'A subquery over the relations of a piece, bounded by blocks where it is not whole.';

revoke all on function pydb_internal.orphan_source(oid[], name[], bigint, bigint) from public;
