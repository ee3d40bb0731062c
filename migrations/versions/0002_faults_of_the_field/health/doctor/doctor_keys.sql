-- pydb_internal.doctor_keys (doctor; by doctor): do foreign keys act, or are their triggers off.
-- reads pg_constraint, pg_trigger   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_keys()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- D: off for everybody (alter table … disable trigger all); R: on for a replica alone
    with off as (
        select distinct g.tgrelid, k.conname, k.conrelid
        from pg_trigger as g
        inner join pg_constraint as k on k.oid = g.tgconstraint and k.contype = 'f'
        where g.tgisinternal and g.tgenabled in ('D', 'R')
    ),
    cure as (
        select
            c.oid, case
                -- those that users switched off stay off
                when exists (
                    select from pg_trigger as g
                    where g.tgrelid = c.oid and not g.tgisinternal and g.tgenabled in ('D', 'R')
                ) then (
                    select string_agg(format('alter table %s enable trigger %I;', pydb_internal.relation_name(c.oid),
                        g.tgname), ' ' order by g.tgname)
                    from pg_trigger as g
                    where g.tgrelid = c.oid and g.tgisinternal and g.tgenabled in ('D', 'R') and g.tgconstraint <> 0
                )
                else format('alter table %s enable trigger all;', pydb_internal.relation_name(c.oid))
            end as line
        from (select distinct o.tgrelid from off as o) as o
        inner join pg_class as c on c.oid = o.tgrelid
    )
    select
        'foreign keys', 'degraded', 'triggers_off', format('foreign keys that do not act, their triggers are off: %s', (
            select count(distinct (o.conrelid, o.conname)) from off as o
        )),
        left((
            select string_agg(distinct format('%s (%I)', pydb_internal.relation_name(o.conrelid), o.conname), '; ')
            from off as o
        ), 1000),
        (select string_agg(u.line, ' ' order by u.oid) from (select * from cure as c order by c.oid limit 20) as u)
            || ' then look what came in meanwhile: call pydb.orphan_scan_run();'
    from off as o
    having count(*) > 0
$$;

comment on function pydb_internal.doctor_keys() is
'Row of pydb.doctor about foreign keys whose triggers are disabled: rows go and come without a check; none where all
act.';

revoke all on function pydb_internal.doctor_keys() from public;
