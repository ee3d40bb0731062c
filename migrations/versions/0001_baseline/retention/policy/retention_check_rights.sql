-- pydb_internal.retention_check_rights (policy): refuse before the start what would fail in the middle for want of a
-- privilege.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005
create or replace function pydb_internal.retention_check_rights(p_relation regclass)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_grants text[];
begin
    if (select r.rolsuper from pg_roles as r where r.rolname = current_user) then
        return; -- lacks nothing, and need not pay for the look
    end if;
    with recursive own (oid) as (
        select p_relation::oid
        union
        select t.relid::oid from pg_partition_tree(p_relation) as t
    ),

    -- the tables that reference it, and below a cascade those that reference them: all are asked before a delete
    below (oid, on_delete) as (
        select r.child, r.on_delete
        from own as o
        cross join lateral pydb_internal.reference_inbound(o.oid) as r
        union
        select r.child, r.on_delete
        from below as b
        cross join lateral pydb_internal.reference_inbound(b.oid) as r
        where b.on_delete = 'c'
    ),

    touched as (
        select o.oid, array['SELECT', 'DELETE'] as rights from own as o
        union
        select b.oid, array['SELECT'] from below as b
    ),

    missing as (
        select
            format('grant usage on schema %I to %I;', n.nspname, current_user) as line
        from touched as t
        inner join pg_class as c on c.oid = t.oid
        inner join pg_namespace as n on n.oid = c.relnamespace
        where not has_schema_privilege(current_user, n.oid, 'USAGE')
        union
        select
            format(
                'grant %s on %s to %I;', string_agg(lower(u.right_name), ', ' order by u.right_name desc),
                pydb_internal.relation_name(t.oid), current_user
            )
        from touched as t
        cross join unnest(t.rights) as u (right_name)
        where not has_table_privilege(current_user, t.oid, u.right_name)
        group by t.oid
    )

    select array_agg(m.line order by m.line desc) into v_grants from missing as m;
    if v_grants is not null then
        raise exception using errcode = 'YD005',
            message = format('%s may not prune %s', current_user, pydb_internal.relation_name(p_relation)),
            detail = format('%s privileges are missing.', cardinality(v_grants)),
            hint = array_to_string(v_grants, ' ');
    end if;
end
$$;

comment on function pydb_internal.retention_check_rights(regclass) is
'Raises YD005, with the GRANT statements in the hint, unless the current role may read and delete from the table and
its partitions and read the tables that reference it.';

revoke all on function pydb_internal.retention_check_rights(regclass) from public;
