-- pydb_internal.reference_pairs (set; by reference_store): the column pairs of a reference in one order, so that two
-- references can be compared.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_pairs(p_child_columns name[], p_parent_columns name[])
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select array_agg(format('%I %I', u.child, u.parent) order by u.child, u.parent)
    from unnest(p_child_columns, p_parent_columns) as u (child, parent)
$$;

comment on function pydb_internal.reference_pairs(name[], name[]) is
'Pairs of referencing and referenced column, sorted: (a, b) to (x, y) is the same reference as (b, a) to (y, x).';

revoke all on function pydb_internal.reference_pairs(name[], name[]) from public;
