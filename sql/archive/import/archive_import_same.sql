-- pydb_internal.archive_import_same (import; by archive_import_parts): take out of what was read in the rows that are
-- in the table as they are in the file, and those that two files have.
-- reads the table, the catalog   writes the temporary table   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.archive_import_same(p_source oid, p_place oid)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_key constant text := pydb_internal.archive_key(p_source, p_place);
    v_images text[];
    v_rows bigint;
    v_same bigint := 0;
begin
    -- byte for byte, so that no operator of a type decides; a domain as what it is made of
    select array[
        string_agg(format('t.%I::%s', s.name, k.type), ', ' order by s.place),
        string_agg(format('i.%I::%s', s.name, k.type), ', ' order by s.place)
    ] into v_images
    from pydb_internal.archive_columns(p_source) as s
    inner join (
        select a.attname, format_type(a.atttypid, -1) as type
        from pg_attribute as a where a.attrelid = p_place and a.attnum > 0
    ) as k on k.attname = s.name
    where not s.is_computed;
    execute format(
        'delete from %s as i where exists (
            select from %s as t where %srow(%s)::record operator(pg_catalog.*=) row(%s)::record
        )',
        pydb_internal.relation_name(p_place), pydb_internal.relation_source(p_source),
        coalesce(v_key || ' and ', ''), v_images[1], v_images[2]
    );
    get diagnostics v_same = row_count;
    if v_key is not null then -- without a key two rows may be the same
        execute format(
            'delete from %1$s as i where exists (
                select from %1$s as t
                where t.ctid < i.ctid and %2$s and row(%3$s)::record operator(pg_catalog.*=) row(%4$s)::record
            )', pydb_internal.relation_name(p_place), v_key, v_images[1], v_images[2]
        );
        get diagnostics v_rows = row_count;
        v_same := v_same + v_rows;
    end if;
    return v_same;
end
$$;

comment on function pydb_internal.archive_import_same(oid, oid) is
'Deletes from the place that files were read into the rows that need not come back, and returns how many: an import
that is repeated finds nothing to do.';

revoke all on function pydb_internal.archive_import_same(oid, oid) from public;
