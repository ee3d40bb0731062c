-- pydb.erasure_verify: look for what was erased: nobody is back, and nothing hangs on him; one row an erasure.
-- reads pydb.erasure, pydb.entity, the roots and what references them, the archives, pydb.orphan_quarantine
-- writes nothing   locks nothing above a select
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
begin
    return query
    with edge as materialized (
        select v.* from pydb.erasure_verify_edges(p_id, p_job) as v
    ),

    told as (
        select s.id, jsonb_object_agg(s.relation, s.rows) as tables
        from (
            select g.id, g.relation, sum(g.rows) as rows from edge as g
            where g.state = 'found'
            group by g.id, g.relation
        ) as s
        group by s.id
    ),

    found as (
        select
            g.id, coalesce(sum(g.rows) filter (where g.state = 'found' and g.via is null), 0)::bigint as roots,
            coalesce(sum(g.rows) filter (where g.state = 'found' and g.via is not null), 0)::bigint as hanging,
            coalesce(array_agg(distinct coalesce(g.via, g.relation)) filter (where g.state = 'unverifiable'), '{}')
                as unchecked
        from edge as g
        group by g.id
    )

    select
        e.id, e.entity, e.job, p.problem is null and t.id is null, cardinality(e.key_hashes), coalesce(f.roots, 0),
        coalesce(f.hanging, 0), coalesce(t.tables, '{}'), coalesce(f.unchecked, '{}'), p.problem
    from pydb_internal.erasure_entries(p_id) as e
    cross join lateral pydb_internal.erasure_problem(e) as p (problem)
    left join found as f on f.id = e.id
    left join told as t on t.id = e.id
    where e.state = 'completed' and (p_job is null or e.job = p_job)
    order by e.requested_at, e.id;
end
$$;

comment on function pydb.erasure_verify(uuid, bigint) is
'One row for each completed erasure of the ledger (or one, by its id or its job): ok where no row has one of its keys
and none names one, or one of a row that went with it, over any edge of pydb.erasure_verify_edges, which it sums up.
roots, hanging, tables: what was found. unchecked: edges that cannot be looked through. Copies that an erasure was
allowed to keep are no finding.';

revoke all on function pydb.erasure_verify(uuid, bigint) from public;
