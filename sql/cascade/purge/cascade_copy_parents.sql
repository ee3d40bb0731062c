-- pydb_internal.cascade_copy_parents (purge; by cascade_copies): the rows whose keys copies are looked for by, as SQL
-- text: keys as they were named ($1), live rows ($2) and, after the first round, copies ($3).
-- reads the catalog, pydb.archive_table, pydb.reference   writes nothing   locks nothing
-- raises YD005 YD103 YD114 YD602
create or replace function pydb_internal.cascade_copy_parents(
    p_edge pydb_internal.reference_edge,
    p_root regclass,
    p_key name[],
    p_live pydb_internal.cascade_rows[],
    p_places text[],
    p_copies pydb_internal.cascade_copy[]
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_columns constant text := (
        select string_agg(distinct format('p.%I', u.name), ', ') from unnest(p_edge.parent_columns) as u (name)
    );
    v_top constant oid := pydb_internal.archive_top(p_edge.parent);
    v_typed text;
    v_sources text[] := '{}'::text[];
begin
    if p_copies is null and v_top = pydb_internal.archive_top(p_root) and p_edge.parent_columns <@ p_key then
        select string_agg(format('%I %s', u.name, format_type(pydb_internal.type_read(a.atttypid), -1)), ', ')
        into v_typed
        from unnest(p_key) as u (name)
        inner join pg_attribute as a on a.attrelid = p_root and a.attname = u.name;
        v_sources := array[format('select %s from jsonb_to_recordset($1) as p (%s)', v_columns, v_typed)];
    end if;
    if p_copies is null then
        v_sources := v_sources || array(
            select format(
                'select %s from %s as p where p.ctid = any(%s)', v_columns, pydb_internal.reference_source(
                    'only ' || pydb_internal.relation_name(s.relation), p_edge.parent_columns,
                    pydb_internal.reference_edge_condition(p_edge, true)
                ), p_places[s.ordinality]
            )
            from unnest(p_live) with ordinality as s
            where s.effect = 'delete' and pydb_internal.archive_top(s.relation) = v_top
        );
    else
        v_sources := array(
            select format(
                'select %s from %s as p where p.ctid = any(($3[%s]).tids)', v_columns,
                pydb_internal.cascade_copy_source(p_edge, true, c.store), c.ordinality
            )
            from unnest(p_copies) with ordinality as c
            where c.source = v_top and pydb_internal.cascade_copy_source(p_edge, true, c.store) is not null
        );
    end if;
    return array_to_string(v_sources, ' union all ');
end
$$;

comment on function pydb_internal.cascade_copy_parents(
    pydb_internal.reference_edge, regclass, name[], pydb_internal.cascade_rows[], text[], pydb_internal.cascade_copy[]
) is
'Columns of the parent of an edge: of the named keys and of live rows (p_copies null), else of copies; empty where there
is no such row.';

revoke all on function pydb_internal.cascade_copy_parents(
    pydb_internal.reference_edge, regclass, name[], pydb_internal.cascade_rows[], text[], pydb_internal.cascade_copy[]
) from public;
