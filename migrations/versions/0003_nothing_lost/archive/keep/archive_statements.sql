-- pydb_internal.archive_statements (keep): the two halves of a statement that archives what a DELETE returns.
-- reads the catalog, pydb.archive_table   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_statements(
    p_run_id bigint,
    p_relation oid,
    p_delete text,
    p_as name default 'gone'
)
returns text[]
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select array[
        format('%I as (%s returning %s)', p_as, p_delete, string_agg(format('t.%I', c.name), ', ' order by c.place)),
        format(
            'insert into %s (%s, pydb_run_id, pydb_archived_at) select %s, %s::pg_catalog.int8, pg_catalog.now() '
            'from %I as g', pydb_internal.relation_name(min(t.archive::oid)),
            string_agg(format('%I', c.name), ', ' order by c.place),
            string_agg(format('g.%I', c.name), ', ' order by c.place), p_run_id, p_as
        )
    ]
    from pydb.archive_table as t
    cross join lateral pydb_internal.archive_columns(t.source) as c
    where t.source = pydb_internal.archive_top(p_relation);
$$;

comment on function pydb_internal.archive_statements(bigint, oid, text, name) is
'A DELETE over alias t as an element of WITH that is called p_as and returns every column, and the INSERT that takes its
rows into the archive of the table under the id of a run.';

revoke all on function pydb_internal.archive_statements(bigint, oid, text, name) from public;
