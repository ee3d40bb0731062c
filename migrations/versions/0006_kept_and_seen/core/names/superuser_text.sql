-- pydb_internal.superuser_text (names): that a delete by this role would run other people's triggers as a superuser.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.superuser_text(p_relations oid[], p_takes_all boolean)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tables bigint;
    v_theirs oid[];
begin
    -- first, for it is known at once: tables by themselves, which nothing references, with neither triggers nor rules
    if not exists (
        select from pg_class as c
        where c.oid = any(p_relations)
            and (c.relkind <> 'r' or c.relispartition or c.relhasrules or c.relhastriggers)
    ) and not exists (
        -- a key depends on the columns that it references
        select from pg_depend as d
        where d.refclassid = 'pg_class'::regclass and d.refobjid = any(p_relations)
            and d.classid = 'pg_constraint'::regclass and d.deptype = 'n'
    ) then
        return null;
    elsif not (select r.rolsuper from pg_roles as r where r.rolname = current_user) then
        return null; -- triggers run with its rights: not more than it was given
    end if;
    -- most databases have none, and this is asked by every plan
    v_theirs := array(
        select distinct c.oid
        from (
            select g.tgrelid as oid, f.proowner as owner
            from pg_trigger as g
            inner join pg_proc as f on f.oid = g.tgfoid
            where not g.tgisinternal and g.tgenabled <> 'D' and g.tgtype & 24 <> 0 -- delete, update
            union all
            select w.ev_class, null from pg_rewrite as w where w.ev_type in ('2', '4') and w.ev_enabled <> 'D'
        ) as x
        inner join pg_class as c on c.oid = x.oid and c.relkind = 'r'
        inner join pg_roles as r on r.oid in (c.relowner, x.owner) and not r.rolsuper
    );
    if cardinality(v_theirs) = 0 then
        return null;
    end if;
    with recursive touched (oid, is_gone) as (
        select u.oid, true from unnest(p_relations) as u (oid)
        union
        select o.oid, o.is_gone
        from touched as t
        cross join lateral (
            select i.inhparent as oid, t.is_gone
            from pg_inherits as i
            inner join pg_class as c on c.oid = i.inhparent and c.relkind = 'p'
            where i.inhrelid = t.oid
            union all
            select i.inhrelid, t.is_gone
            from pg_inherits as i
            inner join pg_class as c on c.oid = i.inhparent and c.relkind = 'p'
            where i.inhparent = t.oid
            union all
            select k.conrelid, k.confdeltype = 'c' or p_takes_all
            from pg_constraint as k
            where k.confrelid = t.oid and k.contype = 'f' and t.is_gone
                and (p_takes_all or k.confdeltype in ('c', 'n', 'd'))
        ) as o
    )

    select count(distinct t.oid) into v_tables from touched as t where t.oid = any(v_theirs);
    return case when v_tables > 0 then format(
        'runs as a superuser: triggers of %s of other owners run as superuser',
        case v_tables when 1 then '1 table' else v_tables || ' tables' end
    ) end;
end
$$;

comment on function pydb_internal.superuser_text(oid[], boolean) is
'A sentence for a superuser, where deleting from these tables fires triggers or rules that somebody else can change, on
them or on what goes or is set with them by foreign keys (p_takes_all: by all keys, not only by their own action);
else null.';

revoke all on function pydb_internal.superuser_text(oid[], boolean) from public;
