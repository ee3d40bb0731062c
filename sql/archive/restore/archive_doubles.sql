-- pydb_internal.archive_doubles (restore; by archive_sieve): archived rows whose key exists again.
-- reads the table, its archive, the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.archive_doubles(p_parts pydb_internal.archive_part[], p_number integer)
returns setof pydb_internal.archive_found
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_part constant pydb_internal.archive_part := p_parts[p_number];
    v_key record;
begin
    for v_key in
        select i.indexrelid, (
            select string_agg(format(
                't.%1$I operator(%2$I.%3$s) a.%1$I', k.attname, n.nspname, o.oprname
            ), ' and ' order by u.ord)
            from unnest(i.indkey::smallint[], i.indclass::oid[]) with ordinality as u (attnum, opclass, ord)
            inner join pg_attribute as k on k.attrelid = i.indrelid and k.attnum = u.attnum
            inner join pg_opclass as c on c.oid = u.opclass
            inner join pg_amop as m on m.amopfamily = c.opcfamily and m.amopstrategy = 3
                and m.amoplefttype = c.opcintype and m.amoprighttype = c.opcintype
            inner join pg_operator as o on o.oid = m.amopopr
            inner join pg_namespace as n on n.oid = o.oprnamespace
            where u.ord <= i.indnkeyatts
        ) as condition
        from pg_index as i
        inner join pg_class as x on x.oid = i.indexrelid
        inner join pg_am as h on h.oid = x.relam and h.amname = 'btree'
        where i.indrelid = v_part.source and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
            -- what is archived or in a file may be without a column that is new, or that the server computes
            and not exists (
                select from unnest(i.indkey::smallint[]) as u (attnum)
                inner join pg_attribute as k on k.attrelid = i.indrelid and k.attnum = u.attnum
                where k.attname not in (select s.name from pydb_internal.archive_columns(v_part.archive) as s)
            )
    loop
        return query execute format(
            'select a.ctid, $2 from %s as a where %s and exists (select 1 from %s as t where %s)',
            pydb_internal.relation_name(v_part.archive), pydb_internal.archive_condition(v_part, p_number),
            pydb_internal.relation_source(v_part.source), v_key.condition
        ) using p_parts, (select c.relname::text from pg_class as c where c.oid = v_key.indexrelid);
    end loop;
end
$$;

comment on function pydb_internal.archive_doubles(pydb_internal.archive_part[], integer) is
'Places in the archive of rows of a part that have a unique key (of columns, of all rows) that is in the table; what:
the index.';

revoke all on function pydb_internal.archive_doubles(pydb_internal.archive_part[], integer) from public;
