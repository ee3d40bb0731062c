-- pydb_internal.reference_check_choices (set): choices for edges with full names of references; what cannot be chosen
-- is refused.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD301
create or replace function pydb_internal.reference_check_choices(p_edges jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_given record;
    -- to look them all up at once costs what a few cost one by one
    v_is_many constant boolean := case jsonb_typeof(p_edges) when 'object'
        then (select count(*) > 5 from jsonb_object_keys(p_edges)) end;
    v_edge pydb_internal.reference_edge;
    v_name text;
    v_problem text;
    v_result jsonb := '{}'::jsonb;
begin
    if jsonb_typeof(p_edges) <> 'object' then
        raise exception using errcode = 'YD301', message = 'the choices for edges are not an object',
            detail = format('p_edges is of type %s.', jsonb_typeof(p_edges)),
            hint = 'p_edges => ''{"schema.table.constraint": "delete"}''';
    end if;
    for v_given in
        select g.key as name, g.value #>> '{}' as choice, jsonb_typeof(g.value) as type, f.edge
        from jsonb_each(p_edges) as g
        left join (
            select r.reference, (array_agg(r))[1] as edge
            from pydb_internal.reference_edges() as r
            where v_is_many
            group by r.reference
            having count(*) = 1
        ) as f on f.reference = g.key
        order by g.key
    loop
        v_name := '*';
        v_problem := case
            when v_given.type <> 'string' or v_given.choice not in ('delete', 'nullify', 'default', 'block')
                then 'A choice is delete, nullify, default or block.'
            when v_given.name = '*' and v_given.choice not in ('delete', 'block')
                then 'The choice for all others is delete or block.'
        end;
        if v_problem is null and v_given.name <> '*' then
            v_edge := v_given.edge;
            if v_edge.reference is null then
                v_edge := pydb_internal.reference_get(v_given.name);
            end if;
            v_name := v_edge.reference;
            if v_given.choice in ('nullify', 'default') then
                v_problem := pydb_internal.reference_unsettable(
                    v_edge.child, v_edge.set_columns,
                    case v_given.choice when 'nullify' then 'set null' else 'set default' end
                );
            end if;
            if v_problem is null and v_result ? v_name and v_result ->> v_name <> v_given.choice then
                v_problem := format('It is chosen twice: %s and %s.', v_result ->> v_name, v_given.choice);
            end if;
        end if;
        if v_problem is not null then
            raise exception using errcode = 'YD301',
                message = format('edge %s cannot be %s', v_given.name, coalesce(v_given.choice, 'null')),
                detail = v_problem, hint = 'Choose another action, or leave the edge as it is declared.';
        end if;
        v_result := v_result || jsonb_build_object(v_name, v_given.choice);
    end loop;
    return v_result;
end
$$;

comment on function pydb_internal.reference_check_choices(jsonb) is
'The object with each name replaced by the full name of its reference. YD301 for an unknown or ambiguous name, an
unknown choice, * with another choice than delete or block, and nullify or default on columns that cannot take it.';

revoke all on function pydb_internal.reference_check_choices(jsonb) from public;
