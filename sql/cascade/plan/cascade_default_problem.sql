-- pydb_internal.cascade_default_problem (plan; by cascade_refusal): why setting the defaults of an edge's columns would
-- fail; null if it would not.
-- reads the parent table   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.cascade_default_problem(p_walk pydb_internal.cascade_closure, p_edge integer)
returns pydb_internal.cascade_warning
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_edge constant pydb_internal.reference_edge := (p_walk.edges[p_edge]).edge;
    v_child constant text := pydb_internal.relation_name(v_edge.child);
    v_values text;
    v_match text;
    v_null text;
    v_fits boolean;
begin
    -- columns that the action leaves alone keep what they reference now, so only a key of defaults can be looked up
    select
        string_agg(u.value, ', ' order by u.ord),
        string_agg(
            format('p.%I %s %s', v_edge.parent_columns[u.ord], v_edge.operators[u.ord], u.value), ' and ' order by u.ord
        ),
        string_agg(u.name, ', ' order by u.ord) filter (where u.attnotnull and not u.has_default)
    into v_values, v_match, v_null
    from (
        select n.name, n.ord, a.attnotnull, d.adbin is not null as has_default, format(
            '(%s)::%s', coalesce(pg_get_expr(d.adbin, d.adrelid), 'null'),
            -- not as a domain: its checks are for whoever deletes
            format_type(pydb_internal.type_plain(a.atttypid), a.atttypmod)
        ) as value
        from unnest(v_edge.child_columns) with ordinality as n (name, ord)
        inner join pg_attribute as a on a.attrelid = v_edge.child and a.attname = n.name and not a.attisdropped
        left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attname = any(v_edge.set_columns)
    ) as u;
    if v_null is not null then
        return row('not_null', format(
            'SET DEFAULT onto NOT NULL (%s) of %s fails: it has no default', v_null, v_child
        ), null)::pydb_internal.cascade_warning;
    elsif not pydb_internal.cascade_default_is_constant(v_edge) then
        return null; -- found out by doing it
    end if;
    -- a key with a null in it references nothing, and needs no row; MATCH FULL has its own say when it is done
    execute format(
        'select num_nulls(%s) > 0 or exists (
            select 1 from %s as p
            where %s and (p.tableoid, p.ctid) not in (
                select s.relation, u.tid from unnest($1) as s cross join lateral unnest(s.tids) as u (tid)
                where s.effect = ''delete''
            )
        )', v_values, pydb_internal.relation_source(v_edge.parent), v_match
    ) into v_fits using p_walk.parts;
    return case when not v_fits then row('no_default', format(
        'SET DEFAULT fails: %s has no row for the default of %s', pydb_internal.relation_name(v_edge.parent), v_child
    ), null)::pydb_internal.cascade_warning end;
end
$$;

comment on function pydb_internal.cascade_default_problem(pydb_internal.cascade_closure, integer) is
'A warning (not_null or no_default) if the defaults that an edge would set reference nothing, or something that is
deleted too; null otherwise.';

revoke all on function pydb_internal.cascade_default_problem(pydb_internal.cascade_closure, integer) from public;
