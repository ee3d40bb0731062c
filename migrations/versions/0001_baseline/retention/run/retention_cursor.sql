-- pydb_internal.retention_cursor (run; by retention_batch): the walk that a cursor stands for; a cursor carries places
-- and counts, never SQL or a cutoff.
-- reads the catalog   writes nothing   locks nothing
-- raises YD001 YD105
create or replace function pydb_internal.retention_cursor(p_policy pydb.retention_policy, p_cursor jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_walk jsonb;
    v_key text;
begin
    begin
        v_walk := jsonb_build_object(
            'policy', p_cursor -> 'policy', 'terms', p_cursor -> 'terms', 'now', (p_cursor ->> 'now')::timestamptz,
            'cutoff', pydb_internal.retention_cutoff(p_policy, (p_cursor ->> 'now')::timestamptz),
            'due', (p_cursor ->> 'due')::bigint, 'done', (p_cursor ->> 'done')::bigint,
            'blocked', (p_cursor ->> 'blocked')::bigint, 'pass_done', (p_cursor ->> 'pass_done')::bigint,
            'later', '[]'::jsonb, 'mode', 'plain', 'locked', 0, 'kept', 0, 'refused', 0, 'heap_range', 64,
            'index_range', 5000, 'cost', 0.002
        );
        foreach v_key in array array['segments', 'all'] loop
            v_walk := v_walk || jsonb_build_object(v_key, (
                select coalesce(jsonb_agg(
                    jsonb_strip_nulls(jsonb_build_object(
                        'relation', l.relation::bigint, 'strategy', s.strategy, 'at', s.at, 'end', s."end",
                        'from', s."from", 'density', s.density, 'again', s.again, 'guarded', s.guarded,
                        'condition', pydb_internal.retention_deletable_condition(
                            p_policy, l.relation, (v_walk ->> 'cutoff')::timestamptz
                        ),
                        'signature', pydb_internal.retention_signature(l.relation)
                    )) order by u.ord
                ), '[]')
                from jsonb_array_elements(p_cursor -> v_key) with ordinality as u (segment, ord)
                cross join jsonb_to_record(u.segment) as s (
                    relation bigint, strategy text, at bigint, "end" bigint, "from" text, density numeric,
                    again boolean, guarded boolean
                )
                inner join pydb_internal.retention_leaves(p_policy.target) as l on l.relation::bigint = s.relation
                where s.strategy in ('heap', 'index') and s.at >= 0 and s."end" >= 0
            ));
            if jsonb_array_length(v_walk -> v_key) is distinct from jsonb_array_length(p_cursor -> v_key) then
                v_walk := null;
            end if;
        end loop;
    exception when data_exception then
        v_walk := null;
    end;
    if v_walk is null or jsonb_strip_nulls(v_walk) <> v_walk or v_walk ->> 'policy' <> p_policy.name then
        raise exception using errcode = 'YD001', message = 'p_cursor is not a cursor of this policy',
            detail = format('Policy %s did not return it.', p_policy.name),
            hint = 'Pass the cursor as the last call returned it, or null to begin.';
    end if;
    return v_walk;
end
$$;

comment on function pydb_internal.retention_cursor(pydb.retention_policy, jsonb) is
'The walk of a cursor, with cutoff, conditions and signatures made anew from the policy and the catalog; YD001 for a
cursor that this policy did not return.';

revoke all on function pydb_internal.retention_cursor(pydb.retention_policy, jsonb) from public;
