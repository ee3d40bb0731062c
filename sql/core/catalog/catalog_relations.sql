-- pydb_internal.catalog_relations (catalog; by catalog_lines): what schema pydb, its tables, views and sequences are
-- like, one property a row.
-- reads pg_catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.catalog_relations()
returns table (kind text, identity text, label text, line text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
with relation as (
    select c.*, format('%I.%I', n.nspname, c.relname) as identity,
        case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
            when 'f' then 'foreign table' else 'table' end as kind
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('pydb', 'pydb_internal') and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
)

select 'schema', n.nspname::text, 'comment', obj_description(n.oid, 'pg_namespace')
from pg_namespace as n
where n.nspname in ('pydb', 'pydb_internal')
union all
select 'schema', n.nspname::text, 'public privileges',
    (select string_agg(a.privilege_type, ' ' order by a.privilege_type) from aclexplode(n.nspacl) as a
        where a.grantee = 0)
from pg_namespace as n
where n.nspname in ('pydb', 'pydb_internal')
union all
select r.kind, r.identity, 'definition', case when r.relkind in ('v', 'm') then pg_get_viewdef(r.oid)
    else concat_ws(' ', r.relkind, r.relpersistence, r.relrowsecurity, r.relforcerowsecurity,
        pg_get_partkeydef(r.oid), pg_get_expr(r.relpartbound, r.oid)) end
from relation as r
where r.relkind <> 'S'
union all
-- storage parameters of tables are the administrator's to tune; those of a view (security_invoker) are its meaning
select r.kind, r.identity, 'options', array_to_string(r.reloptions, ' ')
from relation as r
where r.relkind = 'v'
union all
select r.kind, r.identity, 'definition', concat_ws(' ', format_type(s.seqtypid, null), s.seqstart, s.seqincrement,
    s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
from relation as r
join pg_sequence as s on s.seqrelid = r.oid
union all
select r.kind, r.identity, 'parent ' || i.inhseqno, i.inhparent::regclass::text
from relation as r
join pg_inherits as i on i.inhrelid = r.oid
union all
select r.kind, r.identity, 'comment', obj_description(r.oid, 'pg_class')
from relation as r
union all
select r.kind, r.identity, 'public privileges',
    (select string_agg(a.privilege_type, ' ' order by a.privilege_type) from aclexplode(r.relacl) as a
        where a.grantee = 0)
from relation as r
$$;

comment on function pydb_internal.catalog_relations() is
'Properties of schema pydb and of its tables, views and sequences: kind, identity, label, line.';

revoke all on function pydb_internal.catalog_relations() from public;
