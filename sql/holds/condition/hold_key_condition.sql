-- pydb_internal.hold_key_condition (condition): that the row of an alias has one of the keys of a seed, or meets its
-- filter.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_key_condition(
    p_seed pydb_internal.hold_seed,
    p_alias text,
    p_columns name[],
    p_also text,
    p_is_sure boolean
)
returns text
language plpgsql -- it keeps its plan
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select case
            when p_seed.filter is null and cardinality(p_columns) > 1 then (
                select format('exists (select 1 from unnest(%s) as hk (%s) where %s)',
                    string_agg(format('%L::%s[]', p_seed.literals[u.n], p_seed.types[u.n]), ', ' order by u.n),
                    string_agg('k' || u.n, ', ' order by u.n),
                    concat_ws(' and ', string_agg(
                        format('%s.%I %s hk.k%s', p_alias, p_columns[u.n], p_seed.operators[u.n], u.n), ' and '
                        order by u.n
                    ), p_also))
                from generate_series(1, cardinality(p_columns)) as u (n)
            )
            else format(case when p_is_sure then '((%s) is true)' else '%s' end, concat_ws(' and ', case
                -- alone in its FROM, as everywhere here: the names of the filter are its columns
                when p_seed.filter is not null then '(' || p_seed.filter || ')'
                when cardinality(p_columns) = 0 then 'true'
                else format('%s.%I %s any (%L::%s[])', p_alias, p_columns[1], p_seed.operators[1], p_seed.literals[1],
                    p_seed.types[1])
            end, p_also))
        end
    );
end
$$;

comment on function pydb_internal.hold_key_condition(pydb_internal.hold_seed, text, name[], text, boolean) is
'SQL condition over an alias; p_columns: its columns, in the order of those of the seed; p_also: another condition;
p_is_sure: it is never null (an EXISTS never is).';

revoke all on function pydb_internal.hold_key_condition(pydb_internal.hold_seed, text, name[], text, boolean)
from public;
