-- pydb_internal.erasure_back (ledger): which of some erasures have rows again, with their keys; one scan for all of an
-- entity.
-- reads pydb.entity, the root tables, and (p_is_whole) what references them   writes nothing
-- locks nothing above a select
-- raises YD103 YD114
create or replace function pydb_internal.erasure_back(p_entries pydb.erasure[], p_is_whole boolean)
returns table (id uuid, hash bytea, relation text, via text, key jsonb, rows bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with entry as (
        select e.id, n.root, e.key_columns, e.salt, h.hash
        from unnest(p_entries) as e
        inner join pydb.entity as n on n.name = e.entity
        inner join pg_class as c on c.oid = n.root
        cross join lateral unnest(e.key_hashes) as h (hash)
        -- whose columns are gone its problem says
        where not exists (
            select from unnest(e.key_columns) as k (name)
            where not exists (
                select from pg_attribute as a where a.attrelid = n.root and a.attname = k.name and not a.attisdropped
            )
        )
    ),

    found as materialized ( -- one scan, not one an entry
        select g.root, g.key_columns, g.salt, s.*
        from (
            select e.root, e.key_columns, e.salt, array_agg(distinct e.hash) as hashes
            from entry as e
            group by e.root, e.key_columns, e.salt
        ) as g
        cross join lateral pydb_internal.erasure_search(g.root, g.key_columns, g.salt, g.hashes, p_is_whole) as s
    )

    select e.id, f.hash, f.relation, f.via, f.key, f.rows
    from entry as e
    inner join found as f
        on f.root = e.root and f.key_columns = e.key_columns and f.salt = e.salt and f.hash = e.hash;
$$;

comment on function pydb_internal.erasure_back(pydb.erasure[], boolean) is
'Rows found for the entries of a ledger, by table and reference (null: the root); none for an entity that is gone.';

revoke all on function pydb_internal.erasure_back(pydb.erasure[], boolean) from public;
