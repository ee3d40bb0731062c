-- pydb_internal.entity_lowered (set; by doctor_cascade): entities that lately stopped asking for a second person, or
-- for a time to think.
-- reads pydb.audit_log, pydb.entity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.entity_lowered(p_since interval default '7 days')
returns table (entity text, at timestamptz, actor text, statement text)
language sql
stable
security definer -- who looks may know this much of the audit log
set search_path = pg_catalog, pg_temp
as $$
    select distinct on (l.subject) l.subject, l.at, l.actor, l.action
    from (
        select
            a.id, a.subject, a.at, a.actor, a.action, a.arguments -> 'old' ->> 'root' as root,
            coalesce((a.arguments -> 'old' ->> 'approval')::boolean, false) as approval,
            coalesce((a.arguments -> 'old' ->> 'grace')::interval, interval '0') as grace
        from pydb.audit_log as a
        where a.action in ('entity_set', 'entity_drop') and a.at > statement_timestamp() - p_since
    ) as l
    left join pydb.entity as e on e.name = l.subject and e.root::text = l.root
    where (l.approval or l.grace > interval '0')
        and (e.name is null or (l.approval and not e.approval) or l.grace > e.grace)
    order by l.subject, l.id desc;
$$;

comment on function pydb_internal.entity_lowered(interval) is
'One row an entity whose approval was switched off or whose grace was shortened in that time, by pydb.entity_set or
pydb.entity_drop, and is still so: when, by whom, by what.';

revoke all on function pydb_internal.entity_lowered(interval) from public;
