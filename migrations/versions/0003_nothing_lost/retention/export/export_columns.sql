-- pydb_internal.export_columns (export; by export_range): the columns of a file, and those that its rows are ordered
-- by.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.export_columns(
    p_relation oid,
    p_time_column name,
    out columns jsonb,
    out generated jsonb,
    out key_columns text[]
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key smallint[];
begin
    select
        jsonb_agg(c.described order by c.attnum) filter (where not c.is_generated),
        jsonb_agg(c.described order by c.attnum) filter (where c.is_generated)
    into columns, generated
    from (
        select
            a.attnum, a.attgenerated <> '' as is_generated,
            jsonb_strip_nulls(jsonb_build_object(
                'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
                'identity', nullif(a.attidentity, ''), 'generated', case
                    when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid)
                end
            )) as described
        from pg_attribute as a
        left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped
    ) as c;
    -- the primary key, else the first unique one without nulls, else the time alone
    select i.indkey::smallint[] into v_key
    from pg_index as i
    where i.indrelid = p_relation and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
        and not exists (
            select from pg_attribute as a
            where a.attrelid = i.indrelid and a.attnum = any((i.indkey::smallint[])[:i.indnkeyatts - 1])
                and (not a.attnotnull or a.attgenerated <> '')
        )
    order by not i.indisprimary, i.indexrelid
    limit 1;
    select array_agg(a.attname::text order by k.place) into key_columns
    from unnest(v_key) with ordinality as k (attnum, place)
    inner join pg_attribute as a on a.attrelid = p_relation and a.attnum = k.attnum;
    key_columns := coalesce(key_columns, array[p_time_column::text]);
end
$$;

comment on function pydb_internal.export_columns(oid, name) is
'Columns of a relation that a file holds, those that are generated (it does not hold them), and the columns of its
key, or its time column.';

revoke all on function pydb_internal.export_columns(oid, name) from public;
