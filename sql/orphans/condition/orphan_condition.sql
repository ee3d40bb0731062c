-- pydb_internal.orphan_condition (condition): the SQL condition over alias t that a row of the child has no parent;
-- scan and repair use it.
-- reads the catalog   writes nothing   locks nothing
-- raises YD103 YD114
create or replace function pydb_internal.orphan_condition(p_edge pydb_internal.reference_edge)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- MATCH SIMPLE: a key with a null references nothing. MATCH FULL: it may be null as a whole only, and one that is
    -- partly null equals no parent's key.
    return (
        select format(
            '(%s)%s and not exists (select 1 from %s as p where %s)',
            string_agg(
                format('t.%I is not null', u.name), case when p_edge.is_match_full then ' or ' else ' and ' end
                order by u.ord
            ), ' and (' || pydb_internal.reference_edge_condition(p_edge, false) || ')', pydb_internal.reference_source(
                pydb_internal.relation_source(p_edge.parent), p_edge.parent_columns,
                pydb_internal.reference_edge_condition(p_edge, true)
            ), pydb_internal.reference_match(p_edge, 't', 'p')
        )
        from unnest(p_edge.child_columns) with ordinality as u (name, ord)
    );
end
$$;

comment on function pydb_internal.orphan_condition(pydb_internal.reference_edge) is
'Condition over alias t: the key of the row is set, and no row of the parent has it, by the key''s own operators and
collations. NOT EXISTS, so that nulls of the parent hide nothing.';

revoke all on function pydb_internal.orphan_condition(pydb_internal.reference_edge) from public;
