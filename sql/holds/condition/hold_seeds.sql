-- pydb_internal.hold_seeds (condition): what some holds say, table by table; those by key of one table together.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_seeds(p_holds pydb.hold[], p_stores jsonb default null)
returns setof pydb_internal.hold_seed
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.hold_graph_of
as $$
begin
    return query
    with part as (
        -- what cannot be followed names all rows, and says so where anybody asks
        select
            t.relation, h.overrides is not null as exempt, d.problem,
            case when d.problem is null then h.key_columns else '{}'::name[] end as columns,
            case when d.problem is null then h.key_values else '{}'::text[] end as literals,
            case
                when d.problem is null and h.filter is not null and (
                    p_stores is null or pydb_internal.hold_is_asked(h, p_stores)
                ) then pydb_internal.filter_condition(t.relation, h.filter)
            end as filter
        from unnest(p_holds) as h
        cross join lateral pydb_internal.hold_defect(h, p_stores is not null) as d (problem)
        cross join lateral (
            select pydb_internal.hold_relation(h) as relation where h.kind <> 'tenant' or h.relation is not null
            union all
            select u.relation from unnest(pydb_internal.hold_tenant_relations(h)) as u (relation)
            where h.kind = 'tenant' and h.relation is null
        ) as t
        where t.relation is not null
    ),

    merged as (
        select
            p.relation, p.columns, p.filter, p.exempt, p.problem, array(
                -- elements of one-dimensional arrays, side by side
                select '{' || string_agg(substr(m.literals[c.n], 2, length(m.literals[c.n]) - 2), ',') || '}'
                from part as m
                cross join generate_series(1, cardinality(p.columns)) as c (n)
                where m.relation = p.relation and m.columns = p.columns and m.exempt = p.exempt
                group by c.n
                order by c.n
            ) as literals
        from part as p
        group by p.relation, p.columns, p.filter, p.exempt, p.problem
    )

    select
        coalesce(pg_partition_root(d.relation::regclass), d.relation)::oid, d.relation, d.columns, d.literals, array(
            select format_type(pydb_internal.type_read(a.atttypid), -1)
            from unnest(d.columns) with ordinality as u (name, ord)
            inner join pg_attribute as a on a.attrelid = d.relation and a.attname = u.name
            order by u.ord
        ), (pydb_internal.reference_equality(
            d.relation, pydb_internal.column_numbers(d.relation, d.columns), d.relation,
            pydb_internal.column_numbers(d.relation, d.columns), null
        )).operators, d.filter, d.exempt, d.problem
    from merged as d;
end
$$;

comment on function pydb_internal.hold_seeds(pydb.hold[], jsonb) is
'The rows that holds name, as seeds of hold_graph; a hold that cannot be followed as a seed with its problem. p_stores:
of archives too, see hold_graph; where a filter cannot tell (hold_is_asked), all rows of its table count as named.';

revoke all on function pydb_internal.hold_seeds(pydb.hold[], jsonb) from public;
