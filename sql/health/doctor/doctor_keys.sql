-- pydb_internal.doctor_keys (doctor; by doctor): foreign keys that say they are valid and look at nothing, because
-- their triggers are off.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_keys()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        'orphans', 'degraded', 'key_off', format('foreign keys whose triggers are off: %s', count(*)),
        left(string_agg(k.named, '; ' order by k.named), 1000),
        left(string_agg(distinct k.cures, ' '), 1000) || ' then: pydb orphans scan'
    from (
        select
            format('%s of %s', quote_ident(c.conname), pydb_internal.relation_name(c.conrelid)) as named,
            string_agg(
                distinct format('alter table %s enable trigger all;', pydb_internal.relation_name(g.tgrelid)), ' '
            ) as cures
        from pg_catalog.pg_trigger as g
        inner join pg_catalog.pg_constraint as c on c.oid = g.tgconstraint and c.contype = 'f'
        where g.tgenabled in ('D', 'R')
        group by c.oid, c.conname, c.conrelid
    ) as k
    having count(*) > 0
$$;

comment on function pydb_internal.doctor_keys() is
'Row of pydb.doctor about foreign keys with disabled triggers, on either side: new rows are not checked.';

revoke all on function pydb_internal.doctor_keys() from public;
