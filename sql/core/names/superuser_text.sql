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
begin
    if not (select r.rolsuper from pg_roles as r where r.rolname = current_user) then
        return null; -- triggers run with its rights: not more than it was given
    end if;
    with recursive touched (oid, is_gone) as (
        select u.oid, true from unnest(p_relations) as u (oid)
        union
        select o.oid, o.is_gone
        from touched as t
        cross join lateral (
            select a.relid::oid as oid, t.is_gone from pg_partition_ancestors(t.oid) as a
            union all
            select p.relid, t.is_gone from pg_partition_tree(t.oid) as p
            union all
            select k.conrelid, k.confdeltype = 'c' or p_takes_all
            from pg_constraint as k
            where k.confrelid = t.oid and k.contype = 'f' and t.is_gone
                and (p_takes_all or k.confdeltype in ('c', 'n', 'd'))
        ) as o
    )

    select count(distinct c.oid) into v_tables
    from touched as t
    inner join pg_class as c on c.oid = t.oid and c.relkind = 'r'
    inner join (
        select g.tgrelid as oid, f.proowner as owner
        from pg_trigger as g
        inner join pg_proc as f on f.oid = g.tgfoid
        where not g.tgisinternal and g.tgenabled <> 'D' and g.tgtype & 24 <> 0 -- delete, update
        union all
        select w.ev_class, null from pg_rewrite as w where w.ev_type in ('2', '4') and w.ev_enabled <> 'D'
    ) as x on x.oid = c.oid
    inner join pg_roles as r on r.oid in (c.relowner, x.owner) and not r.rolsuper;
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
