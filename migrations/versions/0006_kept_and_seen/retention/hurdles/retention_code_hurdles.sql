-- pydb_internal.retention_code_hurdles (hurdles; by retention_hurdles): what keeps a run from letting the application's
-- code run as it should: its search_path, rules that delete rows of their own or stand in the place of
-- what a key does.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_code_hurdles(p_policy pydb.retention_policy, p_role oid)
returns table (code text, message text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reach record;
begin
    return query
    select
        case f.code when 'privilege' then f.code else 'search_path' end,
        format('the search_path of policy %s cannot be used', p_policy.name), f.problem, f.cure
    from pydb_internal.application_path_problem(p_policy.search_path, p_policy.target, p_role) as f
    where p_policy.search_path is not null and f.problem is not null;
    -- hardly a database has one; below that number are the server's own, as that of pg_settings
    if exists (
        select from pg_rewrite as w where w.ev_type in ('2', '4') and w.ev_enabled in ('O', 'A') and w.oid >= 16384
    ) then
        v_reach := pydb_internal.retention_reach(p_policy);
        return query
        select
            'rule', format('rule %I is in the way of what a key does to %s', w.rulename,
                pydb_internal.relation_name(w.ev_class)),
            format('It replaces each %s there, and the server then refuses every delete from %s (XX000).',
                case w.ev_type when '4' then 'DELETE' else 'UPDATE' end, pydb_internal.relation_name(e.parent)),
            format('alter table %s disable rule %I;', pydb_internal.relation_name(w.ev_class), w.rulename)
        from pydb_internal.reference_edges_among(v_reach.tables || array(
            select t.relid::oid from unnest(v_reach.tables) as u (relation)
            cross join pydb_internal.relation_tree(u.relation) as t
        )) as e
        inner join pg_rewrite as w on w.ev_class = e.child and w.ev_enabled in ('O', 'A') and w.is_instead
            and w.ev_qual::text = '<>' and w.ev_type = case e.on_delete when 'c' then '4' else '2' end
        where e.is_enforced and e.on_delete in ('c', 'n', 'd')
            and (v_reach.way = 'plain' or v_reach.way = 'count' or e.on_delete <> 'c');
        return query
        select
            'rule', format('rule %I is in the way of deletes from %s', r.rule, pydb_internal.relation_name(r.relation)),
            r.said || '.', r.cure
        from pydb_internal.relation_rules(array(
            select l.relation from unnest(v_reach.tables) as u (relation)
            cross join lateral (
                select u.relation union select t.relid::oid from pydb_internal.relation_tree(u.relation) as t
            ) as l (relation)
        ), 'delete') as r
        -- of those that are deleted together with others PostgreSQL runs none
        where r.deletes or v_reach.way = 'walk' or (v_reach.way <> 'plain' and p_policy.on_referenced = 'cascade');
    end if;
end
$$;

comment on function pydb_internal.retention_code_hurdles(pydb.retention_policy, oid) is
'Rows of retention_hurdles about code of the application: search_path (or privilege, where a schema of it may not be
used) and rule, each with the statement that cures it.';

revoke all on function pydb_internal.retention_code_hurdles(pydb.retention_policy, oid) from public;
