-- pydb_internal.erasure_tasks (verify; by erasure_verify_edges): what is to be looked for, for some erasures: an edge
-- each, with the hashes of what its rows would name.
-- reads pydb.entity, the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.erasure_tasks(p_entries pydb.erasure[])
returns setof pydb_internal.erasure_task
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with entry as (
        select e.*, n.root, n.edges as choices, pydb_internal.relation_name(n.root) as root_now
        from unnest(p_entries) as e
        inner join pydb.entity as n on n.name = e.entity
        where pydb_internal.erasure_problem(e) is null
    ),

    direct as (
        -- by the hashes of the root keys themselves
        select e.id, r.edge, (r.edge).reference from entry as e
        cross join lateral (
            select o as edge from pydb_internal.erasure_root_edge(e.root, e.key_columns) as o
            union all
            select o from pydb_internal.erasure_edges(e.root, e.key_columns) as o
        ) as r
    ),

    kept as (
        select e.id, k.reference, k.child, k.keys, k.hashes
        from entry as e
        cross join lateral unnest(e.edges) as k
        where not exists (select from direct as d where d.id = e.id and d.reference = k.reference)
    ),

    task as (
        select d.id, d.edge, d.reference, null::text as child, e.key_hashes as hashes, null::bigint as keys,
            null::text as reason
        from direct as d
        inner join entry as e on e.id = d.id
        union all
        select
            k.id, r, k.reference, k.child, k.hashes, k.keys, case
                when k.hashes is null and k.keys is null then 'a key of that type cannot be read'
                when k.hashes is null then 'too many keys to be kept: setting erasure_edge_keys'
                when k.hashes <> '{}' and r.child is null then 'the reference is gone'
                when k.hashes <> '{}' and not pydb_internal.erasure_is_readable(r)
                    then 'a key of that type cannot be read'
            end
        from kept as k
        left join lateral pydb_internal.reference_edges_among(null, array[k.reference]) as r on true
        union all
        select distinct on (e.id, r.reference)
            e.id, r, r.reference, null, null::bytea[], null::bigint, 'its keys are not in the ledger'
        from entry as e
        cross join lateral pydb_internal.cascade_copy_edges(e.root, e.key_columns, e.choices) as r
        where e.edges = '{}' and r.reference is not null
            and not exists (select from direct as d where d.id = e.id and d.reference = r.reference)
    )

    select
        t.id, e.entity, e.job, e.purge, t.edge, coalesce(pydb_internal.relation_name((t.edge).child), t.child),
        t.reference, e.salt, t.hashes, coalesce(t.keys, cardinality(t.hashes)), t.reason
    from task as t
    inner join entry as e on e.id = t.id;
$$;

comment on function pydb_internal.erasure_tasks(pydb.erasure[]) is
'The root by its key, references by that key, and every edge whose keys the entry has; reason: why one cannot be looked
along. None for an erasure whose entity or root is gone.';

revoke all on function pydb_internal.erasure_tasks(pydb.erasure[]) from public;
