-- pydb_internal.cascade_execute_native (delete; by cascade_write): delete the root rows and leave all else to the keys'
-- own triggers, in PostgreSQL's own order.
-- writes the root and what references it   locks them (row exclusive) and the rows
-- raises YD304, and what the statement raises
create or replace function pydb_internal.cascade_execute_native(p_walk pydb_internal.cascade_closure, p_root regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_parts pydb_internal.cascade_rows[] := array(select s from unnest(p_walk.parts) as s where s.edge = 0);
    v_statement text;
    v_ours text[];
begin
    perform pydb_internal.cascade_check_held(p_walk);
    v_statement := format(
        '/* pydb */ delete from %s as t where %s', pydb_internal.relation_source(p_root), (
            select string_agg(format(
                '(t.tableoid operator(pg_catalog.=) %s and t.ctid operator(pg_catalog.=) any(($1[%s]).tids) '
                'and coalesce(t.ctid operator(pg_catalog.=) any(($1[%2$s]).tids), false))',
                s.relation, s.ordinality
            ), ' or ')
            from unnest(v_parts) with ordinality as s
        )
    );
    v_ours := pydb_internal.application_enter();
    execute v_statement using v_parts;
    perform pydb_internal.application_leave(v_ours);
    perform pydb_internal.cascade_check_edges(p_walk);
    perform pydb_internal.application_constraints();
end
$$;

comment on function pydb_internal.cascade_execute_native(pydb_internal.cascade_closure, regclass) is
'Deletes the root rows of a walk with a plain DELETE. For walks whose outcome depends on the order of triggers.';

revoke all on function pydb_internal.cascade_execute_native(pydb_internal.cascade_closure, regclass) from public;
