-- pydb_internal.reference_type_hint (set; by reference_check_types): what to type where a column holds keys in a form
-- that no reference can follow.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_type_hint(
    p_child regclass, p_child_column name, p_parent regclass, p_parent_column name
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_child constant text := pydb_internal.relation_name(p_child);
    v_type pg_type;
    v_want oid;
    v_key constant text := left(p_child_column, 50) || '_key';
    v_named text;
    v_made text;
begin
    select t.* into v_type
    from pg_attribute as a
    inner join pg_type as t on t.oid = pydb_internal.reference_base_type(a.atttypid)
    where a.attrelid = p_child and a.attname = p_child_column;
    select pydb_internal.reference_base_type(a.atttypid) into v_want
    from pg_attribute as a where a.attrelid = p_parent and a.attname = p_parent_column;
    if v_type.typcategory = 'A' then
        select string_agg(format('t.%I as %I', a.attname, left(a.attname, 58) || '_own'), ', ' order by k.ord)
        into v_named
        from pg_index as i
        cross join lateral unnest(string_to_array(i.indkey::text, ' ')::int2[]) with ordinality as k (attnum, ord)
        inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
        where i.indrelid = p_child and i.indisprimary;
        return format(
            'An array needs a side table, one row a key: create table %s as select %s, u.key::%s as %I from %s as t '
            'cross join lateral unnest(t.%I) as u (key); then reference_set that.',
            format('%I.%I', (select n.nspname from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
                where c.oid = p_child), left((select c.relname from pg_class as c where c.oid = p_child), 31) || '_'
                || left(p_child_column, 31)),
            coalesce(v_named, 't.ctid as place'), format_type(v_want, null), v_key, v_child, p_child_column
        );
    end if;
    v_made := case
        when v_type.oid in ('jsonb'::regtype, 'json'::regtype)
            then format('(%I ->> ''id'')::%s', p_child_column, format_type(v_want, null))
        -- a cast by way of text is one that a generated column may have, for the types that keys are of
        when (v_type.typcategory in ('S', 'N', 'E') or v_type.oid = 'uuid'::regtype) and v_want in (
            'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'text'::regtype, 'numeric'::regtype
        ) then format('%I::text::%s', p_child_column, format_type(v_want, null))
    end;
    return coalesce(
        format(
            'Make a column that can: alter table %s add column %I %s generated always as (%s) stored; then '
            'p_child_columns => ''{%2$I}''.', v_child, v_key, format_type(v_want, null), v_made
        ), 'Name columns of types that have an equality operator in common, in the same order.'
    );
end
$$;

comment on function pydb_internal.reference_type_hint(regclass, name, regclass, name) is
'Hint of YD301: a side table for an array, a generated column for a document or a key of another type.';

revoke all on function pydb_internal.reference_type_hint(regclass, name, regclass, name) from public;
