-- pydb_internal.relation_has_code (application): whether deleting rows of a relation may run code of the application.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_has_code(p_relation oid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- asked at each batch: most tables have neither
    if not (select c.relhastriggers or c.relhasrules from pg_class as c where c.oid = p_relation) then
        return false;
    end if;
    return exists (
        with recursive gone as (
            select p_relation as relation
            union
            -- the server's own cascade fires the triggers of what it reaches
            select t.relid::oid
            from gone as g
            inner join pg_constraint as k on k.contype = 'f' and k.confrelid = g.relation and k.confdeltype = 'c'
            cross join lateral (
                select k.conrelid union select p.relid from pydb_internal.relation_tree(k.conrelid) as p
            ) as t (relid)
        )

        select 1
        from gone as g
        where exists (
            select 1 from pg_trigger as r
            where r.tgrelid = g.relation and not r.tgisinternal and r.tgenabled <> 'D' and r.tgtype & 8 = 8
        ) or exists (
            select 1 from pg_rewrite as w where w.ev_class = g.relation and w.ev_type = '4' and w.ev_enabled <> 'D'
        ) or exists (
            -- a row that is set meets triggers, constraints, defaults and generated columns
            select 1 from pg_constraint as k
            where k.contype = 'f' and k.confrelid = g.relation and k.confdeltype in ('n', 'd')
        )
    );
end
$$;

comment on function pydb_internal.relation_has_code(oid) is
'True if a DELETE of the relation fires triggers or rules that somebody made, there or where its keys cascade to, or if
keys set columns of other tables.';

revoke all on function pydb_internal.relation_has_code(oid) from public;
