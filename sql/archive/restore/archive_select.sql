-- pydb_internal.archive_select (restore): of the archived rows of a run those that one key names, with everything
-- that went with them.
-- reads the archives, pydb.reference, the catalog   writes nothing   locks nothing above a select
-- raises YD604
create or replace function pydb_internal.archive_select(
    p_parts pydb_internal.archive_part[],
    p_table regclass,
    p_key jsonb
)
returns pydb_internal.archive_part[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts pydb_internal.archive_part[] := p_parts;
    v_part pydb_internal.archive_part;
    v_root integer;
    v_edge record;
    v_tids tid[];
    v_grew boolean := true;
begin
    select u.number::integer into v_root
    from unnest(p_parts) with ordinality as u (
        run_id, archive, source, source_name, place, rows, from_block, to_block, tids, kept, codes, found, number
    )
    where p_table is null or u.source = pydb_internal.archive_top(p_table)
    order by u.number
    limit 1;
    if v_root is null or jsonb_typeof(p_key) <> 'object' or p_key = '{}' or exists (
        select from jsonb_object_keys(p_key) as k (name)
        where k.name not in (select c.name from pydb_internal.archive_columns((p_parts[v_root]).archive) as c)
    ) then
        raise exception using errcode = 'YD604', message = case
                when (p_parts[1]).run_id is null then 'the key names no row of these files'
                else 'p_key names no row of this run'
            end,
            detail = format('Table %s, key %s.', coalesce((p_parts[v_root]).source_name, p_table::text), p_key),
            hint = 'p_table => ''schema.table'', p_key => ''{"id": 42}'': columns of that table.';
    end if;
    execute format(
        'select coalesce(array_agg(a.ctid), ''{}'') from %1$s as a
        cross join lateral jsonb_populate_record(null::%1$s, $2) as k
        where %2$s and %3$s', pydb_internal.relation_name((v_parts[v_root]).archive),
        pydb_internal.archive_condition(v_parts[v_root], v_root), (
            select string_agg(format('a.%1$I = k.%1$I', k.name), ' and ') from jsonb_object_keys(p_key) as k (name)
        )
    ) into v_tids using v_parts, p_key;
    for v_place in 1 .. cardinality(v_parts) loop
        v_parts[v_place].tids := case v_place when v_root then v_tids else '{}' end;
    end loop;
    while v_grew loop
        v_grew := false;
        for v_edge in
            select c.number::integer as child, p.number::integer as parent, e as edge
            from unnest(v_parts) with ordinality as p (
                run_id, archive, source, source_name, place, rows, from_block, to_block, tids, kept, codes, found,
                number
            )
            cross join lateral pydb_internal.reference_edges_among(array[p.source]) as e
            inner join unnest(v_parts) with ordinality as c (
                run_id, archive, source, source_name, place, rows, from_block, to_block, tids, kept, codes, found,
                number
            ) on c.source = pydb_internal.archive_top(e.child)
        loop
            v_part := v_parts[v_edge.child];
            v_part.tids := null;
            execute format(
                'select array_agg(a.ctid) from %s as a where %s and a.ctid <> all($3) and exists (
                    select 1 from %s as p where p.ctid = any($2) and %s
                )', pydb_internal.relation_name(v_part.archive), pydb_internal.archive_condition(v_part, 1),
                pydb_internal.relation_name((v_parts[v_edge.parent]).archive),
                pydb_internal.reference_match(v_edge.edge, 'a', 'p')
            ) into v_tids
                using array[v_part], (v_parts[v_edge.parent]).tids, (v_parts[v_edge.child]).tids;
            if v_tids is not null then
                v_grew := true;
                v_parts[v_edge.child].tids := (v_parts[v_edge.child]).tids || v_tids;
            end if;
        end loop;
    end loop;
    return v_parts;
end
$$;

comment on function pydb_internal.archive_select(pydb_internal.archive_part[], regclass, jsonb) is
'The parts of a run, reduced to the rows of a table (null: the uppermost) that have these values, and to what references
them among the archived rows, through keys and logical references.';

revoke all on function pydb_internal.archive_select(pydb_internal.archive_part[], regclass, jsonb) from public;
