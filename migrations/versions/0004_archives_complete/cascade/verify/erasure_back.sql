-- pydb_internal.erasure_back (verify): which of some erasures have rows again, with their keys; one scan for all of an
-- entity.
-- reads pydb.entity, the root tables; of those for good what references them, and archives   writes nothing
-- locks nothing above a select
-- raises YD005 YD103 YD114 YD602
create or replace function pydb_internal.erasure_back(p_entries pydb.erasure[])
returns table (id uuid, hash bytea, relation text, via text, key jsonb, rows bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with entry as (
        select e.id, n.root, e.key_columns, e.salt, coalesce(e.purge, false) as purge, h.hash
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
        select g.root, g.key_columns, g.salt, g.purge, s.*
        from (
            select e.root, e.key_columns, e.salt, e.purge, array_agg(distinct e.hash) as hashes
            from entry as e
            group by e.root, e.key_columns, e.salt, e.purge
        ) as g
        cross join lateral pydb_internal.erasure_search(g.root, g.key_columns, g.salt, g.hashes, g.purge) as s
    )

    select e.id, f.hash, f.relation, f.via, f.key, f.rows
    from entry as e
    inner join found as f
        on f.root = e.root and f.key_columns = e.key_columns and f.salt = e.salt and f.purge = e.purge
            and f.hash = e.hash;
$$;

comment on function pydb_internal.erasure_back(pydb.erasure[]) is
'Rows found for the entries of a ledger, by table and reference (null: the root); none for an entity that is gone.';

revoke all on function pydb_internal.erasure_back(pydb.erasure[]) from public;
