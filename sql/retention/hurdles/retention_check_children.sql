-- pydb_internal.retention_check_children (hurdles; by retention_plan): that the tables that reference the target can be
-- read, before their rows are counted, said with what to do about it.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises 42501
create or replace function pydb_internal.retention_check_children(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_children oid[];
    v_denied text;
    v_grants text;
begin
    if (select r.rolsuper from pg_roles as r where r.rolname = current_user) then
        return; -- nothing is kept from one
    end if;
    v_children := array(select distinct r.child from pydb_internal.retention_references(p_policy.target) as r);
    perform pydb_internal.relation_check_seen(v_children);
    select
        string_agg(pydb_internal.relation_name(u.oid), ', ' order by u.oid),
        string_agg(
            format('grant select on %s to %I;', pydb_internal.relation_name(u.oid), current_user), ' ' order by u.oid
        )
    into v_denied, v_grants
    from unnest(v_children) as u (oid)
    where not has_any_column_privilege(u.oid, 'SELECT');
    if v_denied is not null then
        raise exception using errcode = '42501', message = format('%s may not read %s', current_user, v_denied),
            detail = format(
                'It references %s: what would go along, or keep rows, cannot be said.',
                pydb_internal.relation_name(p_policy.target)
            ),
            hint = v_grants;
    end if;
end
$$;

comment on function pydb_internal.retention_check_children(pydb.retention_policy) is
'Lets a policy pass whose current role sees all rows of the tables that reference its table.';

revoke all on function pydb_internal.retention_check_children(pydb.retention_policy) from public;
