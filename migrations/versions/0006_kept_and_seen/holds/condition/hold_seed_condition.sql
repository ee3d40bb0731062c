-- pydb_internal.hold_seed_condition (condition): that the row of an alias is one that a seed names.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_seed_condition(
    p_graph pydb_internal.hold_graph,
    p_seed pydb_internal.hold_seed,
    p_alias text
)
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select pydb_internal.hold_key_condition(
            -- an archive does not say from which partition a row came
            p_seed, p_alias, p_seed.columns,
            case when p_seed.relation <> p_seed.place and p_graph.stores is null then format(
                '%s.tableoid = any (%L::pg_catalog.oid[])', p_alias, array(
                    select t.relid::oid from pydb_internal.relation_tree(p_seed.relation) as t
                    union
                    select p_seed.relation
                )
            ) end, p_graph.is_sought
        )
    );
end
$$;

comment on function pydb_internal.hold_seed_condition(
    pydb_internal.hold_graph, pydb_internal.hold_seed, text
) is
'SQL condition over an alias of the table, or of one of its partitions, which may be null.';

revoke all on function pydb_internal.hold_seed_condition(
    pydb_internal.hold_graph, pydb_internal.hold_seed, text
) from public;
