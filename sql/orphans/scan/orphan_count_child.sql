-- pydb_internal.orphan_count_child (scan): count the rows and the orphans of a whole child, in one snapshot.
-- reads the child and the parent   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_count_child(p_edge pydb_internal.reference_edge, p_age text)
returns pydb_internal.orphan_counts
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_piece pydb_internal.orphan_piece;
    v_counts pydb_internal.orphan_counts;
begin
    select case when bool_or(l.is_foreign) then array_agg(l.relation) filter (where not l.is_foreign)
        else array[p_edge.child] end
    into v_piece.leaves
    from pydb_internal.orphan_leaves(p_edge.child) as l;
    v_piece.from_block := 0;
    if v_piece.leaves is not null then
        return pydb_internal.orphan_count_piece(p_edge, v_piece, p_age, 10);
    end if;
    v_counts.orphans := 0;
    v_counts.unconfirmed := 0;
    v_counts.partly_null := 0;
    v_counts.checked_rows := 0;
    v_counts.sample := '[]';
    return v_counts;
end
$$;

comment on function pydb_internal.orphan_count_child(pydb_internal.reference_edge, text) is
'What a child holds but for its foreign partitions; p_age: the condition that a row is old enough to count.';

revoke all on function pydb_internal.orphan_count_child(pydb_internal.reference_edge, text) from public;
