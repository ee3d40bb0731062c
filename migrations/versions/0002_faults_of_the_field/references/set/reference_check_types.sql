-- pydb_internal.reference_check_types (set; by reference_vet): refuse a reference whose columns the server cannot
-- compare with each other.
-- reads the catalog   writes nothing   locks nothing
-- raises YD301
create or replace function pydb_internal.reference_check_types(
    p_child regclass, p_child_attnums smallint[], p_parent regclass, p_parent_attnums smallint[]
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pair record;
begin
    for v_pair in
        select
            a.attname as child_column, p.attname as parent_column,
            format_type(a.atttypid, a.atttypmod) as child_type, format_type(p.atttypid, p.atttypmod) as parent_type,
            e.operators[u.ord] as operator, e.collations[u.ord] as collation
        from pydb_internal.reference_equality(p_child, p_child_attnums, p_parent, p_parent_attnums, null) as e
        cross join lateral unnest(p_child_attnums, p_parent_attnums)
        with ordinality as u (child_attnum, parent_attnum, ord)
        inner join pg_attribute as a on a.attrelid = p_child and a.attnum = u.child_attnum
        inner join pg_attribute as p on p.attrelid = p_parent and p.attnum = u.parent_attnum
        order by u.ord
    loop
        begin
            -- the server itself looks the operator up, and nothing is evaluated
            execute format(
                'select p.v %s c.v%s from (select null::%s as v) as p, (select null::%s as v) as c where false',
                v_pair.operator, v_pair.collation, v_pair.parent_type, v_pair.child_type
            );
        exception when undefined_function or ambiguous_function or datatype_mismatch or indeterminate_collation
            or collation_mismatch then
            raise exception using errcode = 'YD301',
                message = format('%s and %s cannot be compared', v_pair.child_type, v_pair.parent_type),
                detail = format(
                    '%s.%I is %s, %s.%I is %s: %s.', pydb_internal.relation_name(p_child), v_pair.child_column,
                    v_pair.child_type, pydb_internal.relation_name(p_parent), v_pair.parent_column, v_pair.parent_type,
                        sqlerrm
                ),
                hint = pydb_internal.reference_type_hint(
                    p_child, v_pair.child_column, p_parent, v_pair.parent_column
                );
        end;
    end loop;
end
$$;

comment on function pydb_internal.reference_check_types(regclass, smallint[], regclass, smallint[]) is
'Raises YD301, with both types, where the server has no equality operator for a pair of columns.';

revoke all on function pydb_internal.reference_check_types(regclass, smallint[], regclass, smallint[]) from public;
