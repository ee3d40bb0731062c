-- pydb_internal.cascade_update_statements (delete; by cascade_execute): the UPDATE statements of a walk for the rows
-- that stay: one a table, or one a partition.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_update_statements(
    p_walk pydb_internal.cascade_closure,
    p_set pydb_internal.cascade_rows[],
    p_places text[]
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_table record;
    v_statements text[];
    v_all text[] := '{}'::text[];
begin
    for v_table in
        select e.child, count(distinct s.relation) > 10 and pydb_internal.cascade_is_divisible(
            e.child, 'nullify', array_agg(distinct s.relation), array_agg(distinct n.name)
        ) as is_apart
        from unnest(p_set) as s
        cross join lateral (select (p_walk.edges[s.edge]).edge) as m
        cross join lateral (select (m.edge).child, (m.edge).set_columns) as e
        cross join lateral unnest(e.set_columns) as n (name)
        group by e.child
    loop
        -- several keys may set a row, each its own columns
        with own as (
            select
                s.relation, s.ordinality as ord, s.effect, p_places[s.ordinality] as tids,
                ((p_walk.edges[s.edge]).edge).set_columns as columns,
                case when v_table.is_apart then s.relation else v_table.child end as target
            from unnest(p_set) with ordinality as s
            where ((p_walk.edges[s.edge]).edge).child = v_table.child
        ),

        chosen as (
            select
                c.target, string_agg(format('%I = case %s else t.%1$I end', c.name, c.cases), ', ' order by c.name)
                    as columns
            from (
                select o.target, n.name, string_agg(format(
                    'when t.tableoid operator(pg_catalog.=) %s and t.ctid operator(pg_catalog.=) any(%s) then %s',
                    o.relation, o.tids,
                    case o.effect when 'nullify' then 'null'
                        else pydb_internal.column_default(v_table.child, n.name) end
                ), ' ' order by o.ord) as cases
                from own as o
                cross join lateral unnest(o.columns) as n (name)
                group by o.target, n.name
            ) as c
            group by c.target
        ),

        placed as (
            select o.target, string_agg(format(
                '(t.tableoid operator(pg_catalog.=) %s and t.ctid operator(pg_catalog.=) any(%s) '
                'and coalesce(t.ctid operator(pg_catalog.=) any(%2$s), false))', o.relation, o.tids
            ), ' or ' order by o.ord) as condition
            from own as o
            group by o.target
        )

        select array_agg(format(
            'update %s as t set %s where %s', case
                when v_table.is_apart then 'only ' || pydb_internal.relation_name(p.target)
                else pydb_internal.relation_source(p.target)
            end, c.columns, p.condition
        ) order by p.target) into v_statements
        from placed as p
        inner join chosen as c on c.target = p.target;
        v_all := v_all || v_statements;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.cascade_update_statements(
    pydb_internal.cascade_closure, pydb_internal.cascade_rows[], text[]) is
'For each table with rows to set (p_set: cascade_rows_to_set) its UPDATE, or where many of its partitions have some, an
UPDATE for each of them; p_places: the expressions of pydb_internal.cascade_places.';

revoke all
    on function pydb_internal.cascade_update_statements(
        pydb_internal.cascade_closure, pydb_internal.cascade_rows[], text[]) from public;
