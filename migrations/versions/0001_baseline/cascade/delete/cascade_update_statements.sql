-- pydb_internal.cascade_update_statements (delete; by cascade_execute): the UPDATE statements of a walk, one a table,
-- for the rows that stay.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_update_statements(
    p_walk pydb_internal.cascade_closure,
    p_set pydb_internal.cascade_rows[]
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_child oid;
    v_columns text;
    v_where text;
    v_all text[] := '{}'::text[];
begin
    for v_child in select distinct (p_walk.edges[s.edge]).child from unnest(p_set) as s loop
        -- several keys may set a row, each its own columns
        select string_agg(format('%I = case %s else t.%1$I end', c.name, c.cases), ', ' order by c.name)
        into v_columns
        from (
            select n.name, string_agg(format(
                'when t.tableoid = %s and t.ctid = any(($2[%s]).tids) then %s', s.relation, s.ordinality,
                case s.effect when 'nullify' then 'null' else pydb_internal.column_default(v_child, n.name) end
            ), ' ' order by s.ordinality) as cases
            from unnest(p_set) with ordinality as s
            cross join lateral unnest((p_walk.edges[s.edge]).set_columns) as n (name)
            where (p_walk.edges[s.edge]).child = v_child
            group by n.name
        ) as c;
        select string_agg(format(
            '(t.tableoid = %s and t.ctid = any(($2[%s]).tids) and coalesce(t.ctid = any(($2[%2$s]).tids), false))',
            s.relation, s.ordinality
        ), ' or ' order by s.ordinality) into v_where
        from unnest(p_set) with ordinality as s
        where (p_walk.edges[s.edge]).child = v_child;
        v_all := v_all
            || format('update %s as t set %s where %s', pydb_internal.relation_source(v_child), v_columns, v_where);
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.cascade_update_statements(
    pydb_internal.cascade_closure, pydb_internal.cascade_rows[]) is
'For each table with rows to set (p_set: cascade_rows_to_set) its UPDATE; p_set is the statement''s parameter $2.';

revoke all
    on function pydb_internal.cascade_update_statements(pydb_internal.cascade_closure, pydb_internal.cascade_rows[])
        from public;
