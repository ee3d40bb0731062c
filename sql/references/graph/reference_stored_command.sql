-- pydb_internal.reference_stored_command (graph): the statements that store columns which are computed at each reading:
-- those can have neither index nor key. A reference to one is set again, for it is another column then.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_stored_command(p_relation oid, p_columns name[])
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        -- virtual columns came with PostgreSQL 18; one cannot be made a stored one in place
        select format('alter table %s %s;', pydb_internal.relation_name(p_relation), string_agg(format(
            'drop column %I, add column %1$I %s%s generated always as (%s) stored%s', a.attname,
            format_type(a.atttypid, a.atttypmod), (
                select format(' collate %I.%I', n.nspname, c.collname)
                from pg_catalog.pg_collation as c
                inner join pg_catalog.pg_namespace as n on n.oid = c.collnamespace
                inner join pg_catalog.pg_type as y on y.oid = a.atttypid
                where c.oid = a.attcollation and c.oid <> y.typcollation
            ), pg_get_expr(d.adbin, d.adrelid), case when a.attnotnull then ' not null' end
        ), ', ' order by a.attnum)) || coalesce((
            select string_agg(format(
                ' select pydb.reference_set(%L, %L, %L, %L, %L, %L, %L, %L);', pydb_internal.relation_name(r.child),
                r.child_columns, pydb_internal.relation_name(r.parent), r.parent_columns, r.on_delete,
                (pydb_internal.reference_parse(r.name))[3], r.filter, r.parent_filter
            ), '' order by r.name)
            from pydb_internal.reference_logical(null, null) as r
            where (r.child = p_relation and r.child_columns && p_columns)
                or (r.parent = p_relation and r.parent_columns && p_columns)
        ), '')
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = p_relation and a.attname = any(p_columns) and a.attgenerated = 'v'
        having count(*) > 0
    );
end
$$;

comment on function pydb_internal.reference_stored_command(oid, name[]) is
'ALTER TABLE that makes stored columns of virtual generated ones among p_columns, and what sets the logical references
again that name them; null if there are none.';

revoke all on function pydb_internal.reference_stored_command(oid, name[]) from public;
