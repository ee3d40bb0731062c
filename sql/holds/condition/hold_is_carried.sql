-- pydb_internal.hold_is_carried (condition; by hold_held_conditions): does a row that references another one have the
-- key of a seed itself?
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_is_carried(
    p_seed pydb_internal.hold_seed,
    p_edge pydb_internal.reference_edge
)
returns boolean
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select p_seed.relation = p_seed.place and p_seed.filter is null and cardinality(p_seed.columns) > 0
            and p_seed.place = pydb_internal.hold_top(p_edge.parent) and p_seed.columns <@ p_edge.parent_columns
            and p_edge.parent_filter is null and not exists (
                select
                from unnest(p_edge.parent_columns, p_edge.child_columns) as u (parent_column, child_column)
                inner join pg_attribute as p on p.attrelid = p_edge.parent and p.attname = u.parent_column
                inner join pg_attribute as c on c.attrelid = p_edge.child and c.attname = u.child_column
                where (p.atttypid, p.attcollation) <> (c.atttypid, c.attcollation)
            )
    );
end
$$;

comment on function pydb_internal.hold_is_carried(pydb_internal.hold_seed, pydb_internal.reference_edge) is
'True: the columns of the key are among those of the reference, and of the same types.';

revoke all on function pydb_internal.hold_is_carried(pydb_internal.hold_seed, pydb_internal.reference_edge) from public;
