-- pydb_internal.retention_policy_names (policy): the policies that a call is about, children before the tables that
-- they reference.
-- reads pydb.retention_policy and the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_policy_names(p_policy text)
returns text[]
language sql
stable
security definer -- see pydb_internal.retention_policy_get
set search_path = pg_catalog, pg_temp
as $$
    -- depth of a table under the keys it holds: a child is pruned first, so that its rows no longer block the parent's
    with recursive link (child, parent) as (
        select distinct k.conrelid, k.confrelid
        from pg_catalog.pg_constraint as k
        where k.contype = 'f' and k.conrelid <> k.confrelid and k.conparentid = 0
    ),

    walk (relation, depth) as (
        select distinct p.target::oid, 0 from pydb.retention_policy as p
        union
        select l.child, w.depth + 1
        from walk as w
        inner join link as l on l.parent = w.relation
        where w.depth < 16
    ),

    depth (relation, depth) as (
        select w.relation, max(w.depth) from walk as w group by w.relation
    )

    select array_agg(p.name order by d.depth desc, p.name)
    from pydb.retention_policy as p
    left join depth as d on d.relation = p.target::oid
    where p.name = p_policy
        -- a built-in policy whose table holds nothing is no news
        or (p_policy is null and p.enabled and not (p.builtin and pg_relation_size(p.target) = 0));
$$;

comment on function pydb_internal.retention_policy_names(text) is
'Names of the policies to act on: the one named, or all enabled ones (not built-in ones whose table is empty), children
before parents; null if there are none.';

revoke all on function pydb_internal.retention_policy_names(text) from public;
