-- pydb.retention_policy_drift: what changed about the tables of policies since they were set or approved.
-- reads pydb.retention_policy, pydb.guard_subject, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.retention_policy_drift(p_policy text default null)
returns table (
    policy text, kind text, object text, change text, was text, found text, holds boolean, digest text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        p.name, c.kind, c.object, c.change, c.was, c.found, c.holds, md5(
            pydb_internal.retention_version(p)
            || coalesce(pydb_internal.guard_drift_text(s.shape, f.shape, false), '')
        )
    from pydb.retention_policy as p
    inner join pydb.guard_subject as s on s.kind = 'policy' and s.name = p.name
    cross join lateral (select pydb_internal.retention_shape(p) as shape offset 0) as f
    cross join lateral pydb_internal.guard_compare(s.shape, f.shape) as c
    where s.shape is not null and not p.builtin and (p_policy is null or p.name = p_policy)
    order by p.name, c.holds desc, c.kind, c.object;
$$;

comment on function pydb.retention_policy_drift(text) is
'One row a column, key, reference, trigger or rule that was added, dropped or changed. holds: with schema_drift = hold
the policy deletes nothing until pydb.retention_policy_approve. digest: of all of it, for that.';

revoke all on function pydb.retention_policy_drift(text) from public;
