-- pydb_internal.catalog_columns (catalog): what the columns, constraints, rules and policies of pydb's tables and views
-- are like.
-- reads pg_catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.catalog_columns()
returns table (kind text, identity text, label text, line text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
with relation as (
    select c.oid, format('%I.%I', n.nspname, c.relname) as identity,
        case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
            else 'table' end as kind
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('pydb', 'pydb_internal') and c.relkind in ('r', 'p', 'f', 'v', 'm')
),

attribute as (
    select a.*, row_number() over (partition by a.attrelid order by a.attnum) as position
    from pg_attribute as a
    where a.attnum > 0 and not a.attisdropped and a.attrelid in (select r.oid from relation as r)
)

select r.kind, r.identity, format('column %I', a.attname), concat_ws(' ', a.position,
    format_type(a.atttypid, a.atttypmod),
    (select format('collate %I.%I', n.nspname, l.collname)
        from pg_collation as l
        join pg_namespace as n on n.oid = l.collnamespace
        where l.oid = a.attcollation and l.collname <> 'default'),
    case when a.attnotnull then 'not null' end, nullif(a.attidentity, ''), nullif(a.attgenerated, ''),
    'default ' || pg_get_expr(d.adbin, d.adrelid),
    (select 'public ' || string_agg(x.privilege_type, ' ' order by x.privilege_type)
        from aclexplode(a.attacl) as x where x.grantee = 0))
from relation as r
join attribute as a on a.attrelid = r.oid
left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select r.kind, r.identity, format('comment of %I', a.attname), col_description(a.attrelid, a.attnum)
from relation as r
join attribute as a on a.attrelid = r.oid
union all
-- not null has its place in the column; from PostgreSQL 18 on it is a constraint besides
select r.kind, r.identity, format('constraint %I', k.conname),
    concat_ws(' ', pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint'))
from relation as r
join pg_constraint as k on k.conrelid = r.oid
where k.contype not in ('n', 't')
union all
select r.kind, r.identity, format('rule %I', u.rulename), concat_ws(' ', u.ev_enabled, pg_get_ruledef(u.oid))
from relation as r
join pg_rewrite as u on u.ev_class = r.oid
where u.rulename <> '_RETURN'
union all
select r.kind, r.identity, format('policy %I', p.polname), concat_ws(' ', p.polcmd, p.polpermissive,
    (select string_agg(coalesce(o.rolname, 'public'), ' ' order by o.rolname)
        from unnest(p.polroles) as x (oid) left join pg_roles as o on o.oid = x.oid),
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
from relation as r
join pg_policy as p on p.polrelid = r.oid
$$;

comment on function pydb_internal.catalog_columns() is
'Properties of the columns, constraints, rules and policies of pydb''s tables and views: kind, identity, label, line.';

revoke all on function pydb_internal.catalog_columns() from public;
