-- pydb_internal.hold_key_condition (condition): that the row of an alias has one of the keys of a seed, or meets its
-- filter.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_key_condition(
    p_seed pydb_internal.hold_seed,
    p_alias text,
    p_columns name[],
    p_also text,
    p_is_sought boolean
)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- as many as commas, at the least: to read them as an array would take longer
    v_are_many constant boolean := split_part(p_seed.literals[1], ',', 101) <> '';
    v_any text;
    v_exists text;
begin
    if p_seed.filter is not null or cardinality(p_columns) = 0 then
        -- alone in its FROM, as everywhere here: the names of the filter are its columns
        return concat_ws(' and ', p_also, coalesce('(' || p_seed.filter || ')', 'true'));
    end if;
    if (v_are_many and not p_is_sought) or (not v_are_many and cardinality(p_columns) = 1) then
        v_any := format(
            '%s.%I %s any (%L::%s[])', p_alias, p_columns[1], p_seed.operators[1], p_seed.literals[1], p_seed.types[1]
        );
    end if;
    if p_is_sought and v_are_many and cardinality(p_columns) = 1 and p_seed.operators[1] = 'operator(pg_catalog.=)'
        and p_seed.types[1] in ('smallint', 'integer', 'bigint', 'uuid')
    then
        -- in their order, as an index has them; and no row twice, so that no join looks for that
        v_exists := format(
            'exists (select 1 from (select distinct hk.k1 from unnest(%L::%s[]) as hk (k1) order by hk.k1) as hk
            where %s.%I operator(pg_catalog.=) hk.k1)', p_seed.literals[1], p_seed.types[1], p_alias, p_columns[1]
        );
    elsif cardinality(p_columns) > 1 or (p_is_sought and v_are_many) then
        select format('exists (select 1 from unnest(%s) as hk (%s) where %s)',
            string_agg(format('%L::%s[]', p_seed.literals[u.n], p_seed.types[u.n]), ', ' order by u.n),
            string_agg('k' || u.n, ', ' order by u.n), string_agg(
                format('%s.%I %s hk.k%s', p_alias, p_columns[u.n], p_seed.operators[u.n], u.n), ' and ' order by u.n
            )) into v_exists
        from generate_series(1, cardinality(p_columns)) as u (n);
    end if;
    -- Few keys are found by an index. Of many the planner would look at each to guess how many rows they are, unless
    -- they stand in a CASE: a hash of them then is asked row by row. Who looks for the rows comes by the keys.
    return concat_ws(' and ', p_also, case
        when not v_are_many or p_is_sought then coalesce(v_exists, v_any)
        else format('case when %s then %s else false end', v_any, coalesce(v_exists, 'true'))
    end);
end
$$;

comment on function pydb_internal.hold_key_condition(pydb_internal.hold_seed, text, name[], text, boolean) is
'SQL condition over an alias, which may be null; p_columns: its columns, in the order of those of the seed; p_also:
another condition over it; p_is_sought: as of hold_graph.';

revoke all on function pydb_internal.hold_key_condition(pydb_internal.hold_seed, text, name[], text, boolean)
from public;
