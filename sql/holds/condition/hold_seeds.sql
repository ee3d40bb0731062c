-- pydb_internal.hold_seeds (condition; by hold_graph_of): what some holds say, table by table; those by key of one
-- table together.
-- reads the catalog   writes nothing   locks nothing
-- raises YD103 YD114 YD704
create or replace function pydb_internal.hold_seeds(p_holds pydb.hold[], p_is_wide boolean default false)
returns setof pydb_internal.hold_seed
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.hold_graph_of
as $$
declare
    v_hold pydb.hold;
    v_problem text;
begin
    foreach v_hold in array p_holds loop
        v_problem := pydb_internal.hold_problem(v_hold);
        if v_problem is not null then
            raise exception using errcode = 'YD704',
                message = format('hold %s cannot be followed: %s', v_hold.name, v_problem),
                detail = format('It is about %s; nothing that it may be about is deleted meanwhile.',
                    v_hold.relation_name),
                hint = format('select pydb.hold_release(%L, ''why''); and place it anew', v_hold.name);
        elsif v_hold.filter is not null and not p_is_wide then
            perform pydb_internal.retention_check_stored(
                format('the filter of hold %s', v_hold.name), pydb_internal.hold_relation(v_hold), v_hold.filter,
                v_hold.placed_by, v_hold.placed_by_role, format('select * from pydb.hold where name = %L;', v_hold.name)
            );
        end if;
    end loop;
    return query
    with part as (
        select
            t.relation, h.key_columns as columns, h.key_values as literals,
            case when not p_is_wide then h.filter end as filter, h.overrides is not null as exempt
        from unnest(p_holds) as h
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
            p.relation, p.columns, p.filter, p.exempt, array(
                -- elements of one-dimensional arrays, side by side
                select '{' || string_agg(substr(m.literals[c.n], 2, length(m.literals[c.n]) - 2), ',') || '}'
                from part as m
                cross join generate_series(1, cardinality(p.columns)) as c (n)
                where m.relation = p.relation and m.columns = p.columns and m.exempt = p.exempt
                group by c.n
                order by c.n
            ) as literals
        from part as p
        group by p.relation, p.columns, p.filter, p.exempt
    )

    select
        coalesce(pg_partition_root(m.relation::regclass), m.relation)::oid, m.relation, m.columns, m.literals, array(
            select format_type(pydb_internal.type_read(a.atttypid), -1)
            from unnest(m.columns) with ordinality as u (name, ord)
            inner join pg_attribute as a on a.attrelid = m.relation and a.attname = u.name
            order by u.ord
        ), (pydb_internal.reference_equality(
            m.relation, pydb_internal.column_numbers(m.relation, m.columns), m.relation,
            pydb_internal.column_numbers(m.relation, m.columns), null
        )).operators, m.filter, m.exempt
    from merged as m;
end
$$;

comment on function pydb_internal.hold_seeds(pydb.hold[], boolean) is
'The rows that holds name, as seeds of hold_graph. YD704 where one does not fit its table any more: what it holds cannot
be told, so nothing goes. p_is_wide: filters are not asked, all rows of their tables count as named.';

revoke all on function pydb_internal.hold_seeds(pydb.hold[], boolean) from public;
