-- pydb_internal.reference_open_columns (suggest): columns of users' tables, with type and plain name, and which are a
-- key by themselves.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_open_columns()
returns table (
    relation oid,
    table_name name,
    schema name,
    attnum smallint,
    column_name name,
    plain_name text,
    base_type oid,
    is_primary boolean,
    is_key boolean
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        c.oid, c.relname, n.nspname, a.attnum, a.attname,
        replace(lower(a.attname::text collate "default"), '_', ''),
        case
            -- the server compares varchar as text
            when a.atttypid = 'varchar'::regtype then 'text'::regtype::oid
            when t.typtype = 'd' then pydb_internal.reference_base_type(a.atttypid)
            else a.atttypid
        end,
        coalesce(k.is_primary, false), k.is_primary is not null
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    inner join pg_catalog.pg_type as t on t.oid = a.atttypid
    left join (
        select i.indrelid, i.indkey[0] as attnum, bool_or(i.indisprimary) as is_primary
        from pg_catalog.pg_index as i
        where i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null and i.indnkeyatts = 1
        group by i.indrelid, i.indkey[0]
    ) as k on k.indrelid = c.oid and k.attnum = a.attnum
    where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
        and n.nspname not in ('pydb', 'pydb_internal', 'information_schema') and n.nspname !~ '^pg_'
        and not exists (
            select 1 from pg_catalog.pg_depend as d
            where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0 and d.deptype = 'e'
        )
$$;

comment on function pydb_internal.reference_open_columns() is
'Columns that a reference could start or end at: of ordinary and partitioned tables, not of partitions, extensions,
temporary or system tables.';

revoke all on function pydb_internal.reference_open_columns() from public;
