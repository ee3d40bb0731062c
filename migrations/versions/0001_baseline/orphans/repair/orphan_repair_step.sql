-- pydb_internal.orphan_repair_step (repair; by orphan_repair_turn): repair the next rows of a walk, in the caller's
-- transaction.
-- writes the child, pydb.orphan_quarantine   locks the rows it changes
-- raises what the change raises
create or replace function pydb_internal.orphan_repair_step(p_walk jsonb, p_edge pydb_internal.reference_edge)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_relation constant oid := (p_walk -> 'segments' -> 0 ->> 'relation')::oid;
    v_budget constant bigint := (p_walk ->> 'max_rows')::bigint - (p_walk ->> 'done')::bigint;
    v_run constant bigint := (p_walk ->> 'run')::bigint;
    v_take constant integer := (p_walk ->> 'take')::integer;
    v_tids tid[] := array(
        select t.tid
        from jsonb_array_elements_text(p_walk -> 'slices') with ordinality as s (tids, ord)
        cross join lateral unnest(s.tids::tid[]) with ordinality as t (tid, place)
        where s.ord <= v_take
        order by s.ord, t.place
    );
    v_condition text;
    v_rows bigint;
    v_refused bigint := 0;
    v_locked bigint := 0;
begin
    if v_budget < cardinality(v_tids) then
        v_tids := v_tids[1:v_budget];
    end if;
    -- asked again: a parent that has arrived since saves its child
    v_condition := format(
        't.ctid = any(%L::tid[]) and %s and %s', v_tids, p_walk ->> 'age', pydb_internal.orphan_condition(p_edge)
    );
    if p_walk ->> 'way' = 'rows' then
        select a.done, a.refused, a.locked into v_rows, v_refused, v_locked
        from pydb_internal.orphan_apply_rows(p_edge, p_walk ->> 'mode', v_relation, v_condition, v_budget, v_run) as a;
    else
        v_rows := pydb_internal.orphan_apply(p_edge, p_walk ->> 'mode', v_relation, v_condition, v_run);
        set constraints all immediate;
    end if;
    return p_walk || jsonb_build_object(
        'rows', v_rows, 'done', (p_walk ->> 'done')::bigint + v_rows, 'way', 'plain', 'tries', 0,
        'pass_done', (p_walk ->> 'pass_done')::bigint + v_rows,
        'refused', (p_walk ->> 'refused')::bigint + v_refused, 'locked', (p_walk ->> 'locked')::bigint + v_locked,
        'slices', (
            select coalesce(jsonb_agg(s.tids order by s.ord), '[]')
            from jsonb_array_elements(p_walk -> 'slices') with ordinality as s (tids, ord)
            where s.ord > v_take
        )
    );
end
$$;

comment on function pydb_internal.orphan_repair_step(jsonb, pydb_internal.reference_edge) is
'Repairs the rows of the next slices and returns the walk, moved on, with the rows changed, refused and locked.';

revoke all on function pydb_internal.orphan_repair_step(jsonb, pydb_internal.reference_edge) from public;
