-- pydb_internal.receipt_copies (ledger; by cascade_receipt): what was purged for good, and the exported files of its
-- tables, which nobody can take a row out of.
-- reads pydb.archive_table, pydb.archive_manifest   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.receipt_copies(
    p_root regclass,
    p_choices jsonb,
    p_relations jsonb,
    p_until timestamptz
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with source as (
        select pydb_internal.archive_top(p_root) as relation
        union
        select pydb_internal.archive_top(e.child)
        from pydb_internal.cascade_copy_edges(p_root, null, coalesce(p_choices, '{}')) as e
    )

    select jsonb_build_object('purged', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'from', f.key, 'table', f.source, 'rows', f.value::bigint
        ) order by f.key), '[]')
        from (
            select r.key, r.value, pydb_internal.relation_name(t.source) as source
            from jsonb_each_text(p_relations) as r
            inner join pydb.archive_table as t on pydb_internal.relation_name(t.archive) = r.key
            union all
            select r.key, r.value, null from jsonb_each_text(p_relations) as r where r.key = 'pydb.orphan_quarantine'
        ) as f
    ), 'files', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'file', m.file, 'place', m.place, 'table', m.source_name, 'rows', m.rows, 'oldest', m.oldest,
            'newest', m.newest, 'written_at', m.created_at, 'until', null
        ) order by m.created_at, m.file), '[]')
        from pydb.archive_manifest as m
        left join pydb.archive_table as t on t.archive = m.relation -- a file that was made of an archive
        inner join pg_class as c on c.oid = coalesce(t.source, m.relation)
        where pydb_internal.archive_top(c.oid) in (select s.relation from source as s)
            and m.created_at <= coalesce(p_until, m.created_at)
    ));
$$;

comment on function pydb_internal.receipt_copies(regclass, jsonb, jsonb, timestamptz) is
'purged: archive (or quarantine), its table, rows. files: those with rows of the tables of the cascade, written before
it ended; whether a row of it is among them, and when a file ends, is known where the files are (until: null).';

revoke all on function pydb_internal.receipt_copies(regclass, jsonb, jsonb, timestamptz) from public;
