-- Between two revisions of an installation: a mark of each object, another one as soon as one of its properties is,
-- in less time than the hashes of all properties take.
select 'routine', p.oid::pg_catalog.regprocedure::text as identity, p.proname::text as name,
    pg_catalog.hashtextextended(pg_catalog.concat_ws(e'\t', pg_catalog.pg_get_function_arguments(p.oid),
        pg_catalog.pg_get_function_result(p.oid), p.prokind, p.prolang, p.provolatile, p.proparallel, p.proisstrict,
        p.proleakproof, p.procost, p.prorows, p.prosupport, p.prosecdef, p.proconfig, p.probin, p.prosrc,
        pg_catalog.pg_get_function_sqlbody(p.oid), d.description, case when p.proacl is null then 'X' else
            (select pg_catalog.string_agg(a.privilege_type, ' ') from pg_catalog.aclexplode(p.proacl) as a
                where a.grantee = 0) end), 0) as mark
from pg_catalog.pg_proc as p
inner join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
left join pg_catalog.pg_description as d
    on d.objoid = p.oid and d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objsubid = 0
where n.nspname in ('pydb', 'pydb_internal')
union all
select 'trigger', i.identity, pg_catalog.split_part(i.identity, '.', 2), pg_catalog.hashtextextended(
    pg_catalog.concat_ws(e'\t', t.tgenabled, pg_catalog.pg_get_triggerdef(t.oid),
        pg_catalog.obj_description(t.oid, 'pg_trigger')), 0)
from pg_catalog.pg_trigger as t
inner join pg_catalog.pg_class as c on c.oid = t.tgrelid
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral pg_catalog.format('%I on %I.%I', t.tgname, n.nspname, c.relname) as i (identity)
where n.nspname in ('pydb', 'pydb_internal') and not t.tgisinternal
union all
select l.kind, l.identity, pg_catalog.split_part(pg_catalog.split_part(l.identity, '(', 1), '.', 2),
    pg_catalog.hashtextextended(pg_catalog.string_agg(
        pg_catalog.concat_ws(e'\t', l.label, l.line), e'\n' order by l.label collate "C"), 0)
from (
    select r.kind, r.identity, r.label, r.line from pydb_internal.catalog_relations() as r
    union all
    select c.kind, c.identity, c.label, c.line from pydb_internal.catalog_columns() as c
    union all
    select o.kind, o.identity, o.label, o.line from pydb_internal.catalog_others() as o
) as l
group by l.kind, l.identity
