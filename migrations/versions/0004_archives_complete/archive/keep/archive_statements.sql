-- pydb_internal.archive_statements (keep): the two halves of a statement that archives what a DELETE returns.
-- reads the catalog, pydb.archive_table, pydb.archive_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_statements(
    p_run_id bigint,
    p_relation oid,
    p_delete text,
    p_as name default 'gone'
)
returns text[]
language plpgsql -- it keeps its plan: asked at each batch
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question at each batch
as $$
begin
    return (
        select array[
            format(
                '%I as (%s returning %s)', p_as, p_delete, string_agg(format('t.%I', c.name), ', ' order by c.place)
            ),
            format(
                'insert into %s (%s, pydb_run_id, pydb_archived_at) select %s, %s::pg_catalog.int8, pg_catalog.now() '
                'from %I as g', pydb_internal.relation_name(min(t.archive::oid)),
                string_agg(format('%I', c.name), ', ' order by c.place),
                string_agg(format('g.%I', c.name), ', ' order by c.place), p_run_id, p_as
            )
        ]
        from pydb.archive_table as t
        inner join pydb.archive_run as r on r.archive = t.archive and r.run_id = p_run_id
        cross join lateral unnest(r.columns) with ordinality as c (name, place)
        where t.source = pydb_internal.archive_top(p_relation)
    );
end
$$;

comment on function pydb_internal.archive_statements(bigint, oid, text, name) is
'A DELETE over alias t as an element of WITH that is called p_as and returns every column, and the INSERT that takes its
rows into the archive of the table under the id of a run (archive_open has enrolled it).';

revoke all on function pydb_internal.archive_statements(bigint, oid, text, name) from public;
