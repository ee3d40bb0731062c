-- pydb_internal.cascade_places (closure): SQL text for the places of some parts: the largest by a parameter, all others
-- as constants.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_places(
    p_parts pydb_internal.cascade_rows[],
    p_parameter text,
    out places text[],
    out large pydb_internal.cascade_rows[]
)
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.cascade_traverse
as $$
begin
    -- the planner copies a parameter whole wherever it is named: hundreds of parts that each name one for all of them
    -- would take the square of their size
    select
        coalesce(array_agg(
            case when r.is_large then format('(%s[%s]).tids', p_parameter, r.ord)
                else format('%L::pg_catalog.tid[]', r.tids) end
            order by r.ord
        ), '{}'),
        coalesce(array_agg(
            row(r.layer, r.edge, r.effect, r.relation, case when r.is_large then r.tids end)::pydb_internal.cascade_rows
            order by r.ord
        ), '{}')
    into places, large
    from (
        select
            s.layer, s.edge, s.effect, s.relation, s.tids, s.ordinality as ord,
            row_number() over (order by cardinality(s.tids) desc, s.ordinality) <= 10 as is_large
        from unnest(p_parts) with ordinality as s
    ) as r;
end
$$;

comment on function pydb_internal.cascade_places(pydb_internal.cascade_rows[], text) is
'For each part the expression (tid[]) of its places, in a statement whose parameter p_parameter ($n) is large: the parts
in their order, of which only the ten largest have their places.';

revoke all on function pydb_internal.cascade_places(pydb_internal.cascade_rows[], text) from public;
