-- pydb_internal.cascade_root_rows (root): the rows that keys name, as layer 0 of a walk.
-- reads the root table   writes nothing   locks nothing above a select
-- raises YD003 YD005 YD301
create or replace function pydb_internal.cascade_root_rows(p_root regclass, p_keys jsonb)
returns pydb_internal.cascade_rows[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_columns name[];
    v_typed text;
    v_match text;
    v_cure text;
    v_parts pydb_internal.cascade_rows[];
begin
    perform pydb_internal.cascade_check_root(p_root);
    v_cure := (pydb_internal.cascade_missing_grants(p_root, true)).cure;
    if v_cure is not null then
        raise exception using errcode = 'YD005',
            message = format('%s cannot be read in full', pydb_internal.relation_name(p_root)),
            detail = format('%s lacks SELECT on it or on a partition, or row-level security hides rows.', current_user),
            hint = v_cure;
    end if;
    v_columns := pydb_internal.cascade_root_key(p_root, p_keys);
    if v_columns is null then
        return array[]::pydb_internal.cascade_rows[]; -- no keys, no rows
    end if;
    select
        -- without the type's length: a key must not be rounded or cut into that of another row; and not as a domain
        -- whose checks are its owner's functions
        string_agg(format('%I %s', u.name, format_type(pydb_internal.type_read(a.atttypid), -1)), ', ' order by u.ord),
        string_agg(format('t.%I %s k.%I', u.name, e.operators[u.ord], u.name), ' and ' order by u.ord)
    into v_typed, v_match
    from pydb_internal.reference_equality(
        p_root, pydb_internal.column_numbers(p_root, v_columns), p_root,
            pydb_internal.column_numbers(p_root, v_columns), null
    ) as e
    cross join unnest(v_columns) with ordinality as u (name, ord)
    inner join pg_attribute as a on a.attrelid = p_root and a.attname = u.name;
    if v_typed is null or exists (
        select from unnest(v_columns) as u (name)
        inner join pg_attribute as a on a.attrelid = p_root and a.attname = u.name
        where pydb_internal.type_read(a.atttypid) is null
    ) then
        raise exception using errcode = 'YD301',
            message = format('rows of %s cannot be named by this key', pydb_internal.relation_name(p_root)),
            detail = format('To read a value of (%s) may run what the owner of its type wrote.',
                array_to_string(v_columns, ', ')),
            hint = 'Name the rows by another unique key.';
    end if;
    begin
        execute format(
            'select array_agg(row(0, 0, ''delete'', f.relation, f.tids)::pydb_internal.cascade_rows) from (
                select t.tableoid as relation, array_agg(t.ctid) as tids
                from %s as t
                where exists (select 1 from jsonb_to_recordset($1) as k (%s) where %s)
                group by t.tableoid
            ) as f', pydb_internal.relation_source(p_root), v_typed, v_match
        ) into v_parts using case jsonb_typeof(p_keys) when 'object' then jsonb_build_array(p_keys) else p_keys end;
    exception when data_exception or integrity_constraint_violation or cannot_coerce or datatype_mismatch then
        raise exception using errcode = 'YD301',
            message = format('a key does not fit %s', pydb_internal.relation_name(p_root)), detail = sqlerrm,
            hint = format('The key is (%s).', v_typed);
    end;
    return coalesce(v_parts, '{}');
end
$$;

comment on function pydb_internal.cascade_root_rows(regclass, jsonb) is
'Finds the rows that an array of key objects names, each key all columns of one unique key; YD301 if they do not fit.';

revoke all on function pydb_internal.cascade_root_rows(regclass, jsonb) from public;
