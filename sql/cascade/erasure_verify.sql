-- pydb.erasure_verify: look in the live tables for what was erased: nobody is back, and nothing hangs on him.
-- reads pydb.erasure, pydb.entity, the roots and what references them   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb.erasure_verify(p_id uuid default null, p_job bigint default null)
returns table (
    id uuid,
    entity text,
    job bigint,
    ok boolean,
    keys integer,
    roots bigint,
    hanging bigint,
    tables jsonb,
    unchecked text[],
    problem text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entries constant pydb.erasure[] := array(
        select e from pydb_internal.erasure_entries(p_id) as e
        where e.state = 'completed' and (p_job is null or e.job = p_job)
    );
begin
    return query
    with hit as materialized (
        select * from pydb_internal.erasure_back(v_entries, true)
    ),

    found as (
        select
            f.id, coalesce(sum(f.rows) filter (where f.via is null), 0)::bigint as roots,
            coalesce(sum(f.rows) filter (where f.via is not null), 0)::bigint as hanging
        from hit as f
        group by f.id
    ),

    told as (
        select s.id, jsonb_object_agg(s.relation, s.rows) as tables
        from (
            select f.id, f.relation, sum(f.rows) as rows from hit as f group by f.id, f.relation
        ) as s
        group by s.id
    )

    select
        e.id, e.entity, e.job, p.problem is null and f.id is null, cardinality(e.key_hashes), coalesce(f.roots, 0),
        coalesce(f.hanging, 0), coalesce(t.tables, '{}'), array(
            select r.reference from pydb.entity as n
            cross join lateral pydb_internal.reference_edges(n.root) as r
            where n.name = e.entity and p.problem is null and r.reference not in (
                select u.reference from pydb_internal.erasure_edges(n.root, e.key_columns) as u
            )
            order by r.reference
        ), p.problem
    from unnest(v_entries) as e
    cross join lateral pydb_internal.erasure_problem(e) as p (problem)
    left join found as f on f.id = e.id
    left join told as t on t.id = e.id
    order by e.requested_at, e.id;
end
$$;

comment on function pydb.erasure_verify(uuid, bigint) is
'One row for each completed erasure of the ledger (or one, by its id or its job): ok where no row of the root has one of
its keys and no row names one through a reference, by hashing the keys of the live rows with the salt: one scan of the
root and of each table that references it, for all erasures of an entity together. roots, hanging, tables: what was
found. unchecked: references by other columns than the key, which cannot be looked through. Rows that hang deeper, by
references that pydb alone knows, are orphans: pydb.orphan_scan.';

revoke all on function pydb.erasure_verify(uuid, bigint) from public;
