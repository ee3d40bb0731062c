-- pydb_internal.cascade_graph_mark (closure; by cascade_check_graph): a mark that changes with any reference of the
-- database.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_graph_mark()
returns text
language plpgsql -- it keeps its plan: asked at each batch
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select concat_ws('/', count(*), sum(hashtextextended(concat_ws(':', k.oid, k.xmin), 0)))
        from pg_constraint as k
        where k.contype = 'f'
    ) || (
        select concat_ws('/', '', count(*), sum(hashtextextended(r::text, 0)))
        from pydb_internal.reference_logical(null, null) as r
    );
end
$$;

comment on function pydb_internal.cascade_graph_mark() is
'Of all keys and logical references, without asking what a cascade would do with them: cheap enough for each batch.';

revoke all on function pydb_internal.cascade_graph_mark() from public;
