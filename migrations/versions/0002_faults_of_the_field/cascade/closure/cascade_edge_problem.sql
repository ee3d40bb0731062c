-- pydb_internal.cascade_edge_problem (closure; by cascade_add_edges): what keeps an edge from being followed, or from
-- having its effect, before any row is looked at.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_edge_problem(p_edge pydb_internal.reference_edge, p_effect text)
returns pydb_internal.cascade_edge
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_edge.child);
    -- partitions are read one by one only where their rows go
    v_met pydb_internal.cascade_edge :=
        row(p_edge, p_effect, pydb_internal.cascade_missing_grants(p_edge.child, p_effect = 'delete'), 0);
    v_foreign oid;
    v_not_null text;
begin
    if (v_met.hurdle).code is not null then
        v_met.effect := 'hidden';
        v_met.hurdle.cure := (pydb_internal.cascade_missing_grants(p_edge.child, true)).cure;
        return v_met;
    end if;
    select c.oid into v_foreign
    from pg_class as c
    -- not a table of its own rows: also what became a view after a logical reference was set
    where c.relkind not in ('r', 'p') and (
        c.oid = p_edge.child or c.oid in (select t.relid from pg_partition_tree(p_edge.child) as t)
    )
    limit 1;
    if v_foreign is not null then
        v_met.effect := 'hidden';
        v_met.hurdle := row(
            'foreign_table', format('%s is %s', pydb_internal.relation_name(v_foreign),
                split_part(pydb_internal.relation_problem(v_foreign), ':', 1)),
            (pydb_internal.cascade_missing_grants(p_edge.child, true)).cure
        )::pydb_internal.cascade_warning;
        return v_met;
    end if;
    if p_effect in ('nullify', 'default') then
        select string_agg(distinct a.attname, ', ') into v_not_null
        from pg_attribute as a
        where a.attname = any(p_edge.set_columns) and a.attnotnull and a.attnum > 0 and (
            a.attrelid = p_edge.child or a.attrelid in (select t.relid from pg_partition_tree(p_edge.child) as t)
        ) and (
            p_effect = 'nullify' or not exists (
                select 1 from pg_attrdef as d
                inner join pg_attribute as b on b.attrelid = d.adrelid and b.attnum = d.adnum
                where d.adrelid = p_edge.child and b.attname = a.attname
            )
        );
        if v_not_null is not null then
            v_met.effect := 'check';
            v_met.hurdle := row('not_null', format('%s onto NOT NULL (%s) of %s fails%s',
                case p_effect when 'nullify' then 'SET NULL' else 'SET DEFAULT' end, v_not_null, v_name,
                case p_effect when 'nullify' then '' else ': there is no default' end
            ), null)::pydb_internal.cascade_warning;
        elsif p_effect = 'nullify' and p_edge.is_match_full
            and cardinality(p_edge.set_columns) < cardinality(p_edge.child_columns)
        then
            v_met.effect := 'check';
            v_met.hurdle := row(
                'match_full', format('SET NULL of some columns of %s fails: it is MATCH FULL', p_edge.reference), null
            )::pydb_internal.cascade_warning;
        end if;
    end if;
    return v_met;
end
$$;

comment on function pydb_internal.cascade_edge_problem(pydb_internal.reference_edge, text) is
'The edge with the effect that it can have, and why it is not the wanted one: hidden (cannot be read in full: privilege,
row-level security, foreign table) or check (SET NULL onto a NOT NULL column, or of a part of a MATCH FULL key).';

revoke all on function pydb_internal.cascade_edge_problem(pydb_internal.reference_edge, text) from public;
