-- pydb_internal.hold_read_keys (place; by hold_vet): keys, read as values of the columns of a table.
-- reads the catalog   writes nothing   locks nothing
-- raises YD701
create or replace function pydb_internal.hold_read_keys(p_hold pydb.hold, p_relation oid, p_keys jsonb)
returns pydb.hold
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC' -- the values are kept as text, and read under these settings
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set extra_float_digits = 1
as $$
declare
    v_keys constant jsonb := case jsonb_typeof(p_keys) when 'object' then jsonb_build_array(p_keys) else p_keys end;
    v_columns name[];
    v_typed text;
    v_nulls bigint;
    v_count bigint;
    v_values text[];
    v_problem text;
begin
    if jsonb_typeof(v_keys) <> 'array' or v_keys = '[]' or exists (
        select from jsonb_array_elements(v_keys) as k (value) where jsonb_typeof(k.value) <> 'object' or k.value = '{}'
    ) then
        v_problem := 'p_keys is not an array of objects';
    else
        v_columns := array(select o.name::name from jsonb_object_keys(v_keys -> 0) as o (name) order by o.name);
        select string_agg(format('%I %s', u.name, format_type(pydb_internal.type_read(a.atttypid), -1)), ', '
            order by u.ord)
        into v_typed
        from unnest(v_columns) with ordinality as u (name, ord)
        inner join pg_attribute as a on a.attrelid = p_relation and a.attname = u.name and not a.attisdropped;
        v_problem := (
            select format('there is no column %I whose values can be read', u.name)
            from unnest(v_columns) as u (name)
            where not exists (
                select from pg_attribute as a
                where a.attrelid = p_relation and a.attname = u.name and a.attnum > 0 and not a.attisdropped
                    and pydb_internal.type_read(a.atttypid) is not null
            )
            limit 1
        );
    end if;
    if v_problem is null then
        begin
            execute format(
                'select count(*) filter (where num_nulls(%1$s) > 0), array[%2$s], count(*)
                from (select distinct * from jsonb_to_recordset($1) as k (%3$s)) as k',
                (select string_agg(format('k.%I', u.name), ', ' order by u.ord) from unnest(v_columns)
                    with ordinality as u (name, ord)),
                (select string_agg(format('array_agg(k.%I)::text', u.name), ', ' order by u.ord) from unnest(v_columns)
                    with ordinality as u (name, ord)), v_typed
            ) into v_nulls, v_values, v_count using v_keys;
            p_hold.key_values := v_values;
            p_hold.keys := v_count;
            v_problem := case when v_nulls > 0 then 'a key has a part that is missing or null' end;
        exception when data_exception or integrity_constraint_violation or cannot_coerce or datatype_mismatch
            or undefined_function then
            v_problem := sqlerrm;
        end;
    end if;
    if v_problem is not null then
        raise exception using errcode = 'YD701',
            message = format('keys do not fit %s: %s', pydb_internal.relation_name(p_relation), v_problem),
            detail = format('They are read as (%s).', v_typed),
            hint = 'p_keys is an array of objects that all name the same columns: [{"id": 42}, {"id": 43}].';
    end if;
    p_hold.key_columns := v_columns;
    return p_hold;
end
$$;

comment on function pydb_internal.hold_read_keys(pydb.hold, oid, jsonb) is
'The hold with the columns of its keys, and with the values as texts of arrays.';

revoke all on function pydb_internal.hold_read_keys(pydb.hold, oid, jsonb) from public;
