-- pydb_internal.health_drift (check; by health_migrations): objects of pydb that are not what the migrations made, as
-- far as a glance tells.
-- reads pg_catalog, pydb_internal.schema_object   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_drift()
returns table (state text, what text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- half of what pydb.migrate_check takes: what changes how pydb works, and no comment, privilege or index
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
        select l.kind, l.identity, jsonb_object_agg(l.label, l.line)
        from (
            -- that it is there
            select case c.relkind when 'v' then 'view' else 'table' end as kind,
                format('%I.%I', n.nspname, c.relname) as identity, 'oid' as label, null as line
            from pg_class as c
            inner join pg_namespace as n on n.oid = c.relnamespace
            where n.nspname in ('pydb', 'pydb_internal') and c.relkind in ('r', 'v')
            union all
            select a.kind, a.identity, a.label, coalesce(a.line, '') from pydb_internal.catalog_columns() as a
            where a.label !~ '^comment '
        ) as l
        group by l.kind, l.identity
        union all
        select 'trigger', format('%I on %I.%I', t.tgname, n.nspname, c.relname), jsonb_build_object(
            'definition', concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))
        )
        from pg_trigger as t
        inner join pg_class as c on c.oid = t.tgrelid
        inner join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname in ('pydb', 'pydb_internal') and not t.tgisinternal
    )
    select
        case when o.identity is null then 'missing' when r.identity is null then 'extra' else 'modified' end,
        concat_ws(' ', coalesce(o.kind, r.kind), coalesce(o.identity, r.identity))
    from object as o
    full join (
        select s.*, s.server_major = current_setting('server_version_num')::integer / 10000 as is_of_this_server
        from pydb_internal.schema_object as s
        where s.kind in ('routine', 'table', 'view', 'trigger')
    ) as r on r.kind = o.kind and r.identity = o.identity
    where o.identity is null or r.identity is null or exists (
        select from jsonb_each_text(o.lines - 'oid') as e
        -- another server may write the same in another way, but not the name of a column
        where case when o.kind = 'routine' or r.is_of_this_server
            then r.lines ->> e.key is distinct from encode(sha256(convert_to(coalesce(e.value, ''), 'UTF8')), 'hex')
            else e.key like 'column %' and not r.lines ? e.key
        end
    ) or r.kind in ('table', 'view') and exists (
        select from jsonb_object_keys(r.lines) as k (label)
        where k.label ~ '^(column|constraint|rule|policy) ' and not o.lines ? k.label
    );
$$;

comment on function pydb_internal.health_drift() is
'State (modified, missing, extra) and name of routines, tables, views and triggers: body and settings, columns,
constraints, policies. pydb.migrate_check looks at everything.';

revoke all on function pydb_internal.health_drift() from public;
