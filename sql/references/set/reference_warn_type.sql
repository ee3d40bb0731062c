-- pydb_internal.reference_warn_type (set; by reference_set): warn of a reference without a condition where a column
-- beside it says to which table each key belongs.
-- reads the first rows of the child   writes nothing   locks nothing above a select
-- raises 55P03 YD113
create or replace function pydb_internal.reference_warn_type(p_reference pydb.reference)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_column name;
    v_values text[];
    v_parent constant text := (select c.relname::text from pg_class as c where c.oid = p_reference.parent);
begin
    if p_reference.filter is not null or row_security_active(p_reference.child) then
        return;
    end if;
    -- commentable_type beside commentable_id, "ownerType" beside "ownerId", content_type_id beside object_id
    select a.attname into v_column
    from unnest(p_reference.child_columns) as u (name)
    inner join pg_attribute as a on a.attrelid = p_reference.child and a.attnum > 0 and not a.attisdropped
        and a.attname <> all(p_reference.child_columns)
    where lower(a.attname) ~ '(^|_)?(type|kind|class|model|table|entity)(_id|_name)?$' and (
        rtrim(regexp_replace(lower(a.attname), '(type|kind|class|model|table|entity)(_id|_name)?$', ''), '_')
        = rtrim(regexp_replace(lower(u.name), '(id|key|uuid|ref)$', ''), '_')
        or (lower(u.name), lower(a.attname)) = ('object_id', 'content_type_id')
    )
    order by a.attnum
    limit 1;
    if v_column is null then
        return;
    end if;
    perform pydb_internal.relation_check_names(
        array[p_reference.child::oid], pydb_internal.relation_names(array[p_reference.child::oid])
    );
    execute format(
        'select array_agg(distinct s.v) from (select format(''%%s'', t.%I) as v from %s as t limit 10000) as s
        where s.v is not null',
        v_column, pydb_internal.relation_source(p_reference.child)
    ) into v_values;
    if cardinality(v_values) = 1 then
        return; -- all of one kind
    end if;
    v_values := array(
        select u.v from unnest(v_values) as u (v)
        -- the one that is called like the parent goes first
        order by rtrim(lower(regexp_replace(u.v, '^.*[.:\\]', '')), 's') <> rtrim(lower(v_parent), 's'), u.v
    );
    raise warning using
        message = format('%s (%I) says what each key of %s belongs to, and the reference takes them all',
            p_reference.child_name, v_column, array_to_string(p_reference.child_columns, ', ')),
        detail = format('A delete of a row of %s would take rows that belong to others along, and orphans would be '
            'repaired that are none.', p_reference.parent_name),
        hint = format('select pydb.reference_set(%L, %L, %L, %L, %L, p_filter => %L);', p_reference.child_name,
            p_reference.child_columns, p_reference.parent_name, p_reference.parent_columns, p_reference.on_delete,
            format('%I = %L', v_column, coalesce(v_values[1], initcap(v_parent))));
end
$$;

comment on function pydb_internal.reference_warn_type(pydb.reference) is
'A warning, with the reference_set to type, where a column such as commentable_type stands beside commentable_id, has
more than one value (or none yet), and the reference has no p_filter.';

revoke all on function pydb_internal.reference_warn_type(pydb.reference) from public;
