-- pydb_internal.catalog_routines (catalog; by catalog_lines): what pydb's routines and triggers are like, one property
-- a row.
-- reads pg_catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.catalog_routines()
returns table (kind text, identity text, label text, line text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select 'routine', p.oid::regprocedure::text, x.label, x.line
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
join pg_language as l on l.oid = p.prolang
-- arrays: the rows of VALUES are made ready anew for each routine, which takes longer than to look at it
cross join lateral unnest(
    array['arguments', 'result', 'attributes', 'security', 'settings', 'body', 'comment', 'public privileges'],
    array[
        pg_get_function_arguments(p.oid),
        pg_get_function_result(p.oid),
        concat_ws(' ', p.prokind, l.lanname, p.provolatile, p.proparallel, p.proisstrict, p.proleakproof,
            p.procost, p.prorows, nullif(p.prosupport::oid, 0)::regproc::text),
        case when p.prosecdef then 'definer' else 'invoker' end,
        (select string_agg(c, E'\n' order by c) from unnest(p.proconfig) as c),
        concat(p.probin, p.prosrc, pg_get_function_sqlbody(p.oid)),
        obj_description(p.oid, 'pg_proc'),
        (select string_agg(a.privilege_type, ' ' order by a.privilege_type)
            from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a where a.grantee = 0)
    ]
) as x (label, line)
where n.nspname in ('pydb', 'pydb_internal')
union all
select 'trigger', format('%I on %I.%I', t.tgname, n.nspname, c.relname), x.label, x.line
from pg_trigger as t
join pg_class as c on c.oid = t.tgrelid
join pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
    values
    ('definition', concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))),
    ('comment', obj_description(t.oid, 'pg_trigger'))
) as x (label, line)
where n.nspname in ('pydb', 'pydb_internal') and not t.tgisinternal
$$;

comment on function pydb_internal.catalog_routines() is
'Properties of pydb''s routines and triggers: kind, identity, label, line.';

revoke all on function pydb_internal.catalog_routines() from public;
