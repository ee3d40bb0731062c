-- pydb_internal.relation_rules (application): the rules that somebody made for deletes, or updates, of some relations.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_rules(p_relations oid[], p_event text)
returns table (relation oid, rule name, deletes boolean, said text, cure text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- hardly a table has one
    if not exists (select from pg_class as c where c.oid = any(p_relations) and c.relhasrules) then
        return;
    end if;
    return query
    select
        r.ev_class, r.rulename, r.deletes,
        format('rule %I of %s ', r.rulename, pydb_internal.relation_name(r.ev_class)) || case
            when r.deletes then 'deletes other rows, which nobody can count before they are gone'
            when r.is_instead and r.ev_qual::text = '<>' then format('replaces the %s: rows stay as they are', p_event)
            when r.is_instead then format('replaces the %s of some rows, which stay', p_event)
            else format('does more beside the %s: what that is is not in this plan', p_event)
        end,
        format('alter table %s disable rule %I;', pydb_internal.relation_name(r.ev_class), r.rulename) || case
            when r.deletes then ' -- as a reference with on delete cascade the same rows go, in sight'
            when not r.is_instead then ' -- as a trigger it would run'
            else ''
        end
    from (
        -- the tree writes a blank within a name with a backslash before it: this is a node of a query, a DELETE
        select w.*, w.ev_action::text ~ '\{QUERY :commandType 4 ' as deletes
        from pg_rewrite as w
        where w.ev_class = any(p_relations) and w.ev_enabled in ('O', 'A')
            and w.ev_type = case p_event when 'delete' then '4' else '2' end
    ) as r;
end
$$;

comment on function pydb_internal.relation_rules(oid[], text) is
'Enabled rules for p_event (delete, update) on some relations, one row each. deletes: the rule itself deletes rows,
beside the statement or in its place. said: what it does, as a sentence; cure: the statement that disables it. What a
function that it calls does nobody knows, as of a trigger.';

revoke all on function pydb_internal.relation_rules(oid[], text) from public;
