-- pydb_internal.retention_cursor_parts (batch; by retention_cursor): the parts that one list of a cursor stands for.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_cursor_parts(
    p_policy pydb.retention_policy,
    p_places jsonb,
    p_cutoff timestamptz
)
returns pydb_internal.run_part[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts pydb_internal.run_part[] := '{}'::pydb_internal.run_part[];
    v_part pydb_internal.run_part;
    v_place record;
    v_said constant pydb_internal.retention_said := pydb_internal.retention_said_of(p_policy, p_cutoff);
begin
    for v_place in
        select s.*, l.relation as leaf
        from jsonb_array_elements(p_places) as u (place)
        cross join jsonb_to_record(u.place) as s (
            relation bigint, strategy text, at bigint, "end" bigint, "from" text, density float8, again boolean,
            guarded boolean, due bigint
        )
        left join pydb_internal.retention_leaves(p_policy.target) as l on l.relation::bigint = s.relation
    loop
        if v_place.leaf is null or v_place.strategy not in ('heap', 'index')
            or num_nulls(v_place.at, v_place."end", v_place.density, v_place.again, v_place.guarded) > 0
            or v_place.at < 0 or v_place."end" < 0
        then
            return null;
        end if;
        v_part.relation := v_place.leaf;
        v_part.strategy := v_place.strategy;
        v_part.from_block := 0;
        v_part.at_block := v_place.at;
        v_part.until_block := v_place."end";
        v_part.from_value := v_place."from";
        v_part.density := v_place.density;
        v_part.is_again := v_place.again;
        v_part.is_guarded := v_place.guarded;
        v_part.condition := pydb_internal.retention_deletable_condition(p_policy, v_place.leaf, p_cutoff, v_said);
        v_part.signature := pydb_internal.retention_signature(v_place.leaf);
        v_parts := v_parts || v_part;
    end loop;
    return case when jsonb_typeof(p_places) = 'array' then v_parts end;
end
$$;

comment on function pydb_internal.retention_cursor_parts(pydb.retention_policy, jsonb, timestamptz) is
'Parts of the places in a cursor, each a leaf of the policy''s table; null if that is not what they are.';

revoke all on function pydb_internal.retention_cursor_parts(pydb.retention_policy, jsonb, timestamptz) from public;
