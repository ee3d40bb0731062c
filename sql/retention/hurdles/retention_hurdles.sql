-- pydb_internal.retention_hurdles (hurdles): all that would keep a run of a policy from deleting, or cut it short,
-- whatever its rows: asked by plan, run, sync and doctor alike.
-- reads the catalog, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_hurdles(p_policy pydb.retention_policy, p_role oid)
returns table (code text, message text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_who record;
    v_role text;
    v_name constant text := pydb_internal.relation_name(p_policy.target);
    v_grants text[];
begin
    select r.rolname::text as name, r.rolsuper as is_super, r.rolsuper or r.rolbypassrls as sees_all into v_who
    from pg_roles as r
    where r.oid = p_role;
    v_role := coalesce(v_who.name, current_user::text);
    return query select u.* from pydb_internal.retention_session_hurdles(p_policy, p_role, v_role) as u;
    if not v_who.is_super then -- nothing is kept from one
        v_grants := pydb_internal.retention_missing_grants(p_policy.target, p_role);
    end if;
    if v_grants is not null then
        return query select
            'privilege', format('%s may not prune %s', v_role, v_name),
            format('Privileges that are missing: %s.', cardinality(v_grants)), array_to_string(v_grants, ' ');
    end if;
    if p_policy.action = 'drop_partition' then
        return query select o.* from pydb_internal.retention_owner_hurdles(p_policy, p_role) as o;
        return query select s.* from pydb_internal.retention_save_hurdles(p_policy) as s;
    end if;
    return query select k.* from pydb_internal.retention_code_hurdles(p_policy, p_role) as k;
    if not v_who.sees_all then
        return query
        select
            -- rows that nobody sees are rows that nobody can count
            'row_security', format('row-level security of %s hides rows from %s', string_agg(
                pydb_internal.relation_name(c.oid), ', ' order by c.oid
            ), v_role), 'Not all rows would be seen, so nothing is deleted.',
            format('alter role %s bypassrls;', p_role::regrole)
        from pg_class as c
        where c.relrowsecurity and (c.relforcerowsecurity or not pg_has_role(p_role, c.relowner, 'USAGE'))
            and c.oid in (select t.oid from pydb_internal.retention_touched(p_policy.target) as t)
        having count(*) > 0;
    end if;
    if 'archive' in (p_policy.action, p_policy.partition_first)
        -- what goes along is archived on its way to files
        or (p_policy.action = 'export' and (pydb_internal.retention_reach(p_policy)).way <> 'plain')
    then
        return query
        select 'archive', format('rows of %s cannot be archived by %s', v_name, v_role), h.said || '.', h.cure
        from pydb_internal.archive_hurdle(p_policy.target, p_role) as h
        where h.said is not null;
    end if;
    if num_nonnulls(p_policy.watermark_table, p_policy.watermark_function) > 0 then
        return query
        select
            'watermark', 'blocked by the watermark: ' || w.problem,
            format('Policy %s deletes nothing before it tells up to when rows may go.', p_policy.name), w.hint
        from pydb_internal.retention_watermark_problem(
            p_policy, coalesce(p_role, quote_ident(current_user)::regrole::oid)
        ) as w
        where w.problem is not null;
    end if;
    return query
    select
        'rules', 'its rules cannot be asked: ' || w.problem,
        format('Policy %s deletes nothing before they say which rows stay.', p_policy.name), w.hint
    from pydb_internal.retention_rule_problem(
        p_policy, coalesce(p_role, quote_ident(current_user)::regrole::oid)
    ) as w
    where w.problem is not null;
    if not exists (select from pg_publication) then
        return; -- before the leaves are listed
    end if;
    return query
    select
        'publication', min(p.warning), string_agg(p.warning, '; ') || '. The server refuses the first row.',
        string_agg(distinct p.cure, ' ')
    from (
        select distinct u.warning, u.cure
        from (
            select p_policy.target::oid as oid
            union
            -- tables that inherit; partitions come along with their root
            select l.relation from pydb_internal.retention_leaves(p_policy.target) as l
            inner join pg_class as c on c.oid = p_policy.target and c.relkind = 'r'
        ) as t
        cross join lateral pydb_internal.reference_publications(t.oid) as u
    ) as p
    having count(*) > 0;
end
$$;

comment on function pydb_internal.retention_hurdles(pydb.retention_policy, oid) is
'What keeps a role from pruning for a policy, one row each: unfit_session, privilege, goes_along, search_path,
row_security, rule, archive, watermark, rules, publication; with the statement that cures it.';

revoke all on function pydb_internal.retention_hurdles(pydb.retention_policy, oid) from public;
