-- pydb_internal.cascade_default_problem (plan; by cascade_edge_verdict): why setting the defaults of an edge's columns
-- would fail; null if it would not.
-- reads the parent table   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.cascade_default_problem(p_walk pydb_internal.cascade_closure, p_edge integer)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_edge pydb_internal.reference_edge := p_walk.edges[p_edge];
    v_child text;
    v_match text;
    v_null text;
    v_found boolean;
begin
    -- columns that the action leaves alone keep what they reference now, so only a key of defaults can be looked up
    select
        string_agg(format('p.%I %s %s', v_edge.parent_columns[u.ord], v_edge.operators[u.ord], coalesce(
            '(' || pg_get_expr(d.adbin, d.adrelid) || ')::' || format_type(a.atttypid, a.atttypmod),
            format('null::%s', format_type(a.atttypid, a.atttypmod))
        )), ' and ' order by u.ord),
        string_agg(a.attname, ', ') filter (where a.attnotnull and d.adbin is null)
    into v_match, v_null
    from unnest(v_edge.child_columns) with ordinality as u (name, ord)
    inner join pg_attribute as a on a.attrelid = v_edge.child and a.attname = u.name and not a.attisdropped
    left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attname = any(v_edge.set_columns);
    v_child := pydb_internal.relation_name(v_edge.child);
    if v_null is not null then
        return format('SET DEFAULT onto NOT NULL (%s) of %s fails: it has no default', v_null, v_child);
    elsif not pydb_internal.cascade_default_is_constant(v_edge) then
        return null; -- found out by doing it
    elsif v_match like '%null::%' and not v_edge.is_match_full then
        return null;
    end if;
    execute format(
        'select exists (
            select 1 from %s as p
            where %s and (p.tableoid, p.ctid) not in (
                select s.relation, u.tid from unnest($1) as s cross join lateral unnest(s.tids) as u (tid)
                where s.effect = ''delete''
            )
        )', pydb_internal.relation_source(v_edge.parent), v_match
    ) into v_found using p_walk.parts;
    return case when not v_found and not v_match like '%null::%'
        then format(
            'SET DEFAULT fails: %s has no row for the default of %s', pydb_internal.relation_name(v_edge.parent),
                v_child
        )
    end;
end
$$;

comment on function pydb_internal.cascade_default_problem(pydb_internal.cascade_closure, integer) is
'One sentence if the defaults that an edge would set reference nothing, or something that is deleted too.';

revoke all on function pydb_internal.cascade_default_problem(pydb_internal.cascade_closure, integer) from public;
