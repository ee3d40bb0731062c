-- pydb_internal.cascade_check_graph (job): refuse to go on with a job where its references are not those of the
-- request.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD306
create or replace function pydb_internal.cascade_check_graph(p_work pydb_internal.cascade_work)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mark constant text := pydb_internal.cascade_graph_mark();
begin
    if v_mark is distinct from p_work.graph
        and pydb_internal.cascade_graph_hash(p_work.root, p_work.edges) <> p_work.signature
    then
        raise exception using errcode = 'YD306', message = format(
            'tables or references have changed since the request: take it back (select pydb.cascade_cancel(%s);) '
            'and request anew what is left', p_work.job
        ), detail = 'The plan that was asked for is no longer what would be done.',
            hint = format('select pydb.cascade_cancel(%s); -- and request anew what is left', p_work.job);
    end if;
    return v_mark;
end
$$;

comment on function pydb_internal.cascade_check_graph(pydb_internal.cascade_work) is
'The mark of all references, for the next call, which compares again only if it has changed. YD306 where the catalog is
no longer that of the request.';

revoke all on function pydb_internal.cascade_check_graph(pydb_internal.cascade_work) from public;
