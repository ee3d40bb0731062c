-- pydb_internal.health_drift (check; by health_migrations): objects of pydb that are not what the migrations made, as
-- far as a glance tells: what is there, and what routines say.
-- reads pg_catalog, pydb_internal.schema_object   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_drift()
returns table (state text, what text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- a tenth of what pydb.migrate_check takes
    with object as materialized (
        select 'routine' as kind, p.oid::regprocedure::text as identity, jsonb_build_object(
            'body', concat(p.probin, p.prosrc, case
                when p.prosqlbody is not null then pg_get_function_sqlbody(p.oid)
            end),
            'security', case when p.prosecdef then 'definer' else 'invoker' end,
            'settings', (select string_agg(c, E'\n' order by c) from unnest(p.proconfig) as c)
        ) as lines
        from pg_proc as p
        inner join pg_namespace as n on n.oid = p.pronamespace
        where n.nspname in ('pydb', 'pydb_internal')
        union all
        select case c.relkind when 'v' then 'view' when 'S' then 'sequence' when 'i' then 'index' else 'table' end,
            format('%I.%I', n.nspname, c.relname), '{}'
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname in ('pydb', 'pydb_internal') and c.relkind in ('r', 'v')
    )
    select
        case when o.identity is null then 'missing' when r.identity is null then 'extra' else 'modified' end,
        concat_ws(' ', coalesce(o.kind, r.kind), coalesce(o.identity, r.identity))
    from object as o
    full join (
        select s.* from pydb_internal.schema_object as s where s.kind in ('routine', 'table', 'view')
    ) as r on r.kind = o.kind and r.identity = o.identity
    where o.identity is null or r.identity is null or exists (
        select from jsonb_each_text(o.lines) as e
        where r.lines ->> e.key <> encode(sha256(convert_to(coalesce(e.value, ''), 'UTF8')), 'hex')
    );
$$;

comment on function pydb_internal.health_drift() is
'State (modified, missing, extra) and name of routines; of tables and views whether they are there.
pydb.migrate_check looks at everything.';

revoke all on function pydb_internal.health_drift() from public;
