-- pydb_internal.reference_get (names; by reference_check_choices): one reference by its full name, or by the end of its
-- name where only one ends so.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD301
create or replace function pydb_internal.reference_get(p_name text)
returns pydb_internal.reference_edge
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_names text[];
    v_parents oid[];
    v_edge pydb_internal.reference_edge;
begin
    select array_agg(n.reference), array_agg(n.parent) into v_names, v_parents
    from pydb_internal.reference_by_name(p_name) as n;
    if v_names is null then
        raise exception using errcode = 'YD301', message = format('there is no reference %L', p_name),
            detail = pydb_internal.reference_similar(p_name),
            hint = 'pydb reference list, or: select reference, child, parent from pydb.reference_list;';
    elsif cardinality(v_names) > 1 then
        raise exception using errcode = 'YD301', message = format('reference %s is ambiguous', p_name),
            detail = format('It could be %s.', array_to_string(v_names, ' or ')),
            hint = case when v_names[1] = v_names[2]
                then format('Drop the logical one: select pydb.reference_drop(%L);', v_names[1])
                else 'Write the full name: ' || v_names[1]
            end;
    end if;
    select e.* into v_edge from pydb_internal.reference_edges(v_parents[1]) as e where e.reference = v_names[1];
    if not found then
        raise exception using errcode = 'YD301', message = format('reference %s cannot be followed', v_names[1]),
            detail = (select pydb_internal.reference_problem(r) from pydb.reference as r where r.name = v_names[1]),
            hint = format('select pydb.reference_drop(%L); -- or set it again', v_names[1]);
    end if;
    return v_edge;
end
$$;

comment on function pydb_internal.reference_get(text) is
'The reference of that name: schema.table.name, or its end where that is unambiguous; YD301 with near names otherwise.';

revoke all on function pydb_internal.reference_get(text) from public;
