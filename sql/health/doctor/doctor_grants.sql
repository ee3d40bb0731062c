-- pydb_internal.doctor_grants (doctor; by doctor_rights): the privileges on tables that the roles of policies lack, as
-- the statements that grant them.
-- reads pydb.retention_policy, catalogs   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_grants(p_runners jsonb)
returns table (policy text, grants text[])
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- what pydb_internal.retention_check_rights looks at before a run, here for any role and all policies at once
    with recursive runner as (
        select p.name, r.oid as role, r.rolname, p.target::oid as target
        from jsonb_to_recordset(p_runners) as j (policy text, role text)
        inner join pydb.retention_policy as p on p.name = j.policy
        inner join pg_roles as r on r.rolname = j.role and not r.rolsuper
    ),
    reference as (
        -- a partition's own copy of its root's key points at the same table: the root stands for all
        select f.conrelid, f.confrelid, f.confdeltype = 'c' as cascades
        from pg_constraint as f
        left join pg_constraint as up on up.oid = f.conparentid and up.confrelid = f.confrelid
        where f.contype = 'f' and up.oid is null
    ),
    own as (
        select u.name, u.role, u.target as oid from runner as u
        union
        select u.name, u.role, t.relid from runner as u cross join lateral pg_partition_tree(u.target) as t
    ),
    below as (
        select o.name, o.role, f.conrelid as oid, f.cascades
        from own as o
        inner join reference as f on f.confrelid = o.oid
        union
        select b.name, b.role, f.conrelid, f.cascades
        from below as b
        inner join reference as f on f.confrelid = b.oid
        where b.cascades
    ),
    touched as (
        select o.name, o.role, o.oid, u.word from own as o cross join unnest(array['SELECT', 'DELETE']) as u (word)
        union
        select b.name, b.role, b.oid, 'SELECT' from below as b
    ),
    missing as (
        select t.name, format('grant usage on schema %I to %s;', n.nspname, t.role::regrole) as line
        from touched as t
        inner join pg_class as c on c.oid = t.oid
        inner join pg_namespace as n on n.oid = c.relnamespace
        where not has_schema_privilege(t.role, n.oid, 'USAGE')
        union
        select t.name, format(
            'grant %s on %s to %s;', string_agg(lower(t.word), ', ' order by t.word desc),
            pydb_internal.relation_name(t.oid), t.role::regrole
        )
        from touched as t
        inner join pg_class as c on c.oid = t.oid
        where not has_table_privilege(t.role, t.oid, t.word)
        group by t.name, t.role, t.oid
    )
    select m.name, array_agg(m.line order by m.line desc) from missing as m group by m.name
$$;

comment on function pydb_internal.doctor_grants(jsonb) is
'What the role of each policy lacks on its table, the partitions and the tables that reference it. p_runners = array
of objects with policy and role.';

revoke all on function pydb_internal.doctor_grants(jsonb) from public;
