-- pydb_internal.retention_beyond_condition (last; by retention_rule_condition): that a row is not among the last of its
-- group, asked row by row through the index on the group and the time.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005 YD901
create or replace function pydb_internal.retention_beyond_condition(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_alias text,
    p_since text default null
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_say constant record := pydb_internal.retention_expiry(p_policy, p_cutoff, '"of"');
    v_order constant text[] := pydb_internal.retention_last_order(p_policy);
    v_equal constant record := pydb_internal.retention_last_groups(p_policy);
    v_pruned constant boolean := (select c.relkind = 'p' from pg_class as c where c.oid = p_policy.target);
    v_from text;
begin
    if p_since = '' then
        return 'false';
    end if;
    v_from := format(
        'select 1 from %s as "of" where (%s) > (%s)%s and (%s is null) is not true and not (%s) and not (%s)%s%s%s',
        pydb_internal.relation_name(p_policy.target),
        (
            select string_agg('"of".' || u.name, ', ' order by u.ord)
            from unnest(v_order) with ordinality as u (name, ord)
        ),
        (
            select string_agg(p_alias || '.' || u.name, ', ' order by u.ord)
            from unnest(v_order) with ordinality as u (name, ord)
        ),
        -- the same once more, by which older partitions are left out: a comparison of rows is none
        case when v_pruned then format(' and "of".%1$I >= %2$s.%1$I', p_policy.time_column, p_alias) else '' end,
        format('"of".%I', p_policy.time_column), v_say.past, v_say.future, v_say.filtered,
        case when p_policy.combine = 'or' then format(' and (%s) is not true', pydb_internal.retention_aged_condition(
            p_policy, 'infinity', '"of"', false
        )) else '' end,
        coalesce(' and ' || p_since, '')
    );
    -- null equals null here, and no index knows that: a branch for each way in which columns can be null
    return format('exists (select 1 from (%s) as "newer" offset %s)', (
        select string_agg(v_from || coalesce(' and ' || s.said, ''), ' union all ' order by s.way)
        from (
            select
                w.way, string_agg(case
                    when g.name is null then null -- one group
                    when (w.way >> g.bit) & 1 = 1
                        then format('%1$s.%2$I is null and "of".%2$I is null', p_alias, g.name)
                    else format('"of".%1$I %2$s %3$s.%1$I', g.name, g.operator, p_alias)
                end, ' and ' order by g.ord) as said
            from generate_series(0, (1 << v_equal.nullable) - 1) as w (way)
            left join unnest(v_equal.columns, v_equal.operators, v_equal.bits)
                with ordinality as g (name, operator, bit, ord) on true
            group by w.way
        ) as s
    ), p_policy.keep_last - 1);
end
$$;

comment on function pydb_internal.retention_beyond_condition(pydb.retention_policy, timestamptz, text, text) is
'Condition over an alias: as many rows as are kept of its group are newer; of combine or, among those that have not
expired. The same as "place" > keep_last of retention_last_query. p_since: what retention_last_places says of where to
look: the less is found, the more stays; the empty text: no group had as many rows.';

revoke all on function pydb_internal.retention_beyond_condition(pydb.retention_policy, timestamptz, text, text)
from public;
