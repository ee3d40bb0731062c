-- pydb_internal.orphan_scan_some (scan): look at a piece of each of some references, until that takes too long.
-- reads the children and the parents   writes pydb.orphan_finding, pydb_internal.orphan_mark   locks the findings of
-- these references
-- raises nothing
create or replace function pydb_internal.orphan_scan_some(
    p_references text[],
    p_min_age interval,
    p_sample integer,
    p_range bigint,
    p_target double precision,
    p_deadline timestamptz default null
)
returns table (reference text, status text, checked_rows bigint)
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb.orphan_scan
as $$
declare
    v_until constant timestamptz := least(clock_timestamp() + interval '100 ms', p_deadline);
    v_edges pydb_internal.reference_edge[];
begin
    for v_place in 1..cardinality(p_references) loop
        if v_place % 10 = 1 then
            exit when v_place > 1 and clock_timestamp() > v_until;
            -- asked for together: to find out what a reference is takes longer than to look at a small one
            v_edges := array(
                select e
                from pydb_internal.reference_edges_among(
                    array(
                        select f.parent_id from pydb.orphan_finding as f
                        where f.reference = any(p_references[v_place:v_place + 9])
                    ), p_references[v_place:v_place + 9]
                ) as e
                order by e.kind -- a declared key goes before a logical reference of the same name
            );
        end if;
        reference := p_references[v_place];
        select p.status, p.checked_rows into status, checked_rows
        from pydb_internal.orphan_scan_piece(
            reference, p_min_age, p_sample, p_range, p_target,
            (select e from unnest(v_edges) as e where e.reference = p_references[v_place] limit 1)
        ) as p;
        return next;
        exit when clock_timestamp() > p_deadline or status = 'more';
    end loop;
end
$$;

comment on function pydb_internal.orphan_scan_some(
    text[], interval, integer, bigint, double precision, timestamptz
) is
'orphan_scan_piece of the first references of a list, a row each: ten by ten, as many as take a tenth of a second, until
p_deadline or one that is too large for one piece; of one at least.';

revoke all on function pydb_internal.orphan_scan_some(
    text[], interval, integer, bigint, double precision, timestamptz
) from public;
