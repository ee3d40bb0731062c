-- pydb_internal.archive_import_parts (import; by archive_import): what was read in as parts of a restore, parents
-- first, without what need not come back.
-- reads the tables, the catalog   writes the temporary tables   locks nothing above a select
-- raises YD604
create or replace function pydb_internal.archive_import_parts(
    p_places jsonb,
    p_key jsonb,
    p_table regclass,
    out parts pydb_internal.archive_part[],
    out same jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part pydb_internal.archive_part;
    v_same bigint;
begin
    select array_agg(row(
        null, u.archive, u.source, pydb_internal.relation_name(u.source), u.place, u.rows, null, null, null, '{}', '{}',
        '[]'
    )::pydb_internal.archive_part order by u.place, u.archive) into parts
    from (
        select
            p.archive, p.source, p.rows,
            -- files of one table and several shapes go back one after the other
            (dense_rank() over (order by o.place, p.shape))::integer as place
        from (
            select
                to_regclass(concat('pg_temp.pydb_import_', e.value ->> 'number'))::oid as archive,
                (e.value ->> 'source')::oid as source, (e.value ->> 'rows')::bigint as rows,
                row_number() over (partition by e.value ->> 'source' order by e.ordinality) as shape
            from jsonb_array_elements(p_places) with ordinality as e
        ) as p
        inner join pydb_internal.archive_order(array(
            select distinct (e.value ->> 'source')::oid from jsonb_array_elements(p_places) as e
        )) as o on o.source = p.source
    ) as u;
    if p_key is not null then
        parts := pydb_internal.archive_select(parts, p_table, p_key);
    end if;
    same := '{}';
    for v_number in 1 .. cardinality(parts) loop
        v_part := parts[v_number];
        if v_part.tids is not null then
            execute format(
                'delete from %s as i where i.ctid <> all($1)', pydb_internal.relation_name(v_part.archive)
            ) using v_part.tids;
            v_part.rows := cardinality(v_part.tids);
            v_part.tids := null;
        end if;
        v_same := pydb_internal.archive_import_same(v_part.source, v_part.archive);
        same := same || jsonb_build_object(v_number::text, v_same);
        v_part.rows := v_part.rows - v_same;
        parts[v_number] := v_part;
    end loop;
end
$$;

comment on function pydb_internal.archive_import_parts(jsonb, jsonb, regclass) is
'Parts without a run for what archive_import_open made, in the order in which they go back; same: number of the part →
rows that the table has already, as they are in the files.';

revoke all on function pydb_internal.archive_import_parts(jsonb, jsonb, regclass) from public;
