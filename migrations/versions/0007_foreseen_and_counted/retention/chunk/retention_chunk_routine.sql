-- pydb_internal.retention_chunk_routine (chunk): a function of TimescaleDB: the one that belongs to it, not one that is
-- merely called so.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_chunk_routine(p_routine name)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- as in extension_relation: its owner counts too. Its arguments are of type "any": another function of that name
    -- beside it could be the better match, so there must be none
    select format('%I.%I', n.nspname, p.proname)
    from pg_extension as e
    inner join pg_depend as d
        on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
        and d.classid = 'pg_proc'::regclass and d.deptype = 'e'
    inner join pg_proc as p on p.oid = d.objid and p.proname = p_routine and p.prokind = 'f'
        and p.proargnames[1:3] = '{relation,older_than,newer_than}'
    inner join pg_namespace as n on n.oid = p.pronamespace
    inner join pg_roles as r on r.oid = p.proowner and r.rolsuper
    where e.extname = 'timescaledb' and not exists (
        select from pg_proc as o
        where o.proname = p.proname and o.pronamespace = p.pronamespace and o.oid <> p.oid
    );
$$;

comment on function pydb_internal.retention_chunk_routine(name) is
'Qualified name of the function of TimescaleDB (relation, older_than, newer_than, …) that is called so; null if there is
none, or another of that name in its schema.';

revoke all on function pydb_internal.retention_chunk_routine(name) from public;
