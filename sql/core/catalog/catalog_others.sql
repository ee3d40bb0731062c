-- pydb_internal.catalog_others (catalog; by catalog_lines): what pydb's indexes and types are like, and what else there
-- is in its schema.
-- reads pg_catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.catalog_others()
returns table (kind text, identity text, label text, line text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
-- the index of a constraint is a property of its table
select 'index', format('%I.%I', n.nspname, c.relname), x.label, x.line
from pg_index as i
join pg_class as c on c.oid = i.indexrelid
join pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
    values
    ('definition', concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid)),
    ('comment', obj_description(c.oid, 'pg_class'))
) as x (label, line)
where n.nspname in ('pydb', 'pydb_internal')
    and not exists (select from pg_constraint as k where k.conindid = c.oid and k.contype in ('p', 'u', 'x'))
union all
-- enums, domains, ranges and composite types; arrays and the row types of tables come with something else
select 'type', format('%I.%I', n.nspname, t.typname), x.label, x.line
from pg_type as t
join pg_namespace as n on n.oid = t.typnamespace
left join pg_class as c on c.oid = t.typrelid
cross join lateral (
    values
    ('definition', concat_ws(' ', t.typtype,
        (select string_agg(e.enumlabel, E'\n' order by e.enumsortorder) from pg_enum as e where e.enumtypid = t.oid),
        (select string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), E'\n' order by a.attnum)
            from pg_attribute as a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped),
        case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end, t.typnotnull, t.typdefault,
        (select format_type(g.rngsubtype, null) from pg_range as g where g.rngtypid = t.oid),
        (select string_agg(format('%I %s', k.conname, pg_get_constraintdef(k.oid)), E'\n' order by k.conname)
            from pg_constraint as k where k.contypid = t.oid and k.contype <> 'n'))),
    ('comment', obj_description(t.oid, 'pg_type')),
    ('public privileges', (select string_agg(a.privilege_type, ' ' order by a.privilege_type)
        from aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) as a where a.grantee = 0))
) as x (label, line)
where n.nspname in ('pydb', 'pydb_internal') and (t.typtype in ('e', 'd', 'r') or t.typtype = 'c' and c.relkind = 'c')
union all
-- pydb makes nothing of this sort (operators, collations, statistics, …): enough that it is there
select i.type, i.identity, 'definition', null
from pg_depend as d
cross join lateral pg_identify_object(d.classid, d.objid, 0) as i
where d.refclassid = 'pg_namespace'::regclass and d.refobjid in ('pydb'::regnamespace, 'pydb_internal'::regnamespace)
    and d.deptype = 'n'
    and d.classid not in ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass, 'pg_constraint'::regclass)
$$;

comment on function pydb_internal.catalog_others() is
'Properties of pydb''s indexes and types, and the rest of its schema: kind, identity, label, line.';

revoke all on function pydb_internal.catalog_others() from public;
