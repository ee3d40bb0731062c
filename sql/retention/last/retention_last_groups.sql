-- pydb_internal.retention_last_groups (last): how the columns that make the groups are
-- compared.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_last_groups(
    p_policy pydb.retention_policy,
    out columns name[],
    out operators text[],
    out bits integer[],
    out nullable integer
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        coalesce(array_agg(g.name order by g.ord), '{}'), coalesce(array_agg(g.operator order by g.ord), '{}'),
        coalesce(array_agg(g.bit order by g.ord), '{}'), count(g.bit)::integer
    from (
        select
            u.name, u.operator, u.ord,
            case
                when not a.attnotnull
                    then (count(*) filter (where not a.attnotnull) over (order by u.ord))::integer - 1
            end as bit
        from pydb_internal.reference_equality(
            p_policy.target, pydb_internal.column_numbers(p_policy.target, p_policy.keep_last_by), p_policy.target,
            pydb_internal.column_numbers(p_policy.target, p_policy.keep_last_by), null
        ) as e
        cross join lateral unnest(p_policy.keep_last_by, e.operators) with ordinality as u (name, operator, ord)
        inner join pg_attribute as a on a.attrelid = p_policy.target and a.attname = u.name
    ) as g;
$$;

comment on function pydb_internal.retention_last_groups(pydb.retention_policy) is
'The columns with the equality of their types; bits numbers those that can be null, nullable is how many these are.';

revoke all on function pydb_internal.retention_last_groups(pydb.retention_policy) from public;
