-- pydb_internal.retention_owner_hurdles (hurdles): what only the owner of a table may do, where a role is not he.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_owner_hurdles(p_policy pydb.retention_policy, p_role oid)
returns table (code text, message text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        'privilege', format('%s may not drop partitions of %s', p_role::regrole, pydb_internal.relation_name(c.oid)),
        format('It belongs to %s.', c.relowner::regrole),
        case
            -- nobody is to become a superuser for this
            when o.rolsuper then format(
                'alter table %s owner to %s; -- and its partitions', pydb_internal.relation_name(c.oid),
                p_role::regrole
            )
            else format('grant %s to %s;', c.relowner::regrole, p_role::regrole)
        end
    from pg_class as c
    inner join pg_roles as o on o.oid = c.relowner
    where p_policy.action = 'drop_partition' and c.oid = p_policy.target
        and not pg_has_role(p_role, c.relowner, 'USAGE');
$$;

comment on function pydb_internal.retention_owner_hurdles(pydb.retention_policy, oid) is
'A row where the role does not own the table of a policy that drops partitions, with the statement that cures it.';

revoke all on function pydb_internal.retention_owner_hurdles(pydb.retention_policy, oid) from public;
