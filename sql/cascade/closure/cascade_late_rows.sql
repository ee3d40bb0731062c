-- pydb_internal.cascade_late_rows (closure): rows that name a deleted root by a logical
-- reference: nothing else would find them any more.
-- reads the tables with logical references to the root   writes nothing   locks nothing above a select
-- raises YD103 YD114
create or replace function pydb_internal.cascade_late_rows(p_root regclass, p_keys jsonb, p_choices jsonb)
returns pydb_internal.cascade_rows[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_key constant name[] := pydb_internal.cascade_root_key(p_root, p_keys);
    v_typed text;
    v_edge pydb_internal.reference_edge;
    v_parts pydb_internal.cascade_rows[];
    v_all pydb_internal.cascade_rows[] := array[]::pydb_internal.cascade_rows[];
begin
    select
        string_agg(format('%I %s', u.name, format_type(pydb_internal.type_read(a.atttypid), -1)), ', ' order by u.ord)
    into v_typed
    from unnest(v_key) with ordinality as u (name, ord)
    inner join pg_attribute as a on a.attrelid = p_root and a.attname = u.name;
    for v_edge in
        select r.* from pydb_internal.reference_edges(p_root) as r
        where r.kind = 'logical' and r.parent_columns <@ v_key
            and pydb_internal.cascade_edge_action(r, p_choices) = 'delete'
    loop
        execute format(
            'select array_agg(row(0, 0, ''delete'', f.relation, f.tids)::pydb_internal.cascade_rows) from (
                select t.tableoid as relation, array_agg(t.ctid) as tids
                from %s as t
                where exists (select 1 from jsonb_to_recordset($1) as p (%s) where %s)
                    and not exists (select 1 from %4$s as p where %3$s)
                group by t.tableoid
            ) as f',
            pydb_internal.reference_source(
                pydb_internal.relation_source(v_edge.child), v_edge.child_columns,
                pydb_internal.reference_edge_condition(v_edge, false)
            ), v_typed, pydb_internal.reference_match(v_edge, 't', 'p'), pydb_internal.relation_source(p_root)
        ) into v_parts using p_keys;
        v_all := v_all || v_parts;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.cascade_late_rows(regclass, jsonb, jsonb) is
'Rows whose logical reference names one of the keys while no root row has it: children that arrived after the delete.';

revoke all on function pydb_internal.cascade_late_rows(regclass, jsonb, jsonb) from public;
