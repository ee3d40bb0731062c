-- pydb_internal.cascade_job_queue (job; by cascade_turn): look what a job has still to delete, as a queue of chunks,
-- deepest rows first.
-- reads the root and what references it   writes nothing   locks nothing above a select
-- raises YD003 YD004 YD005 YD301
create or replace function pydb_internal.cascade_job_queue(
    p_state jsonb,
    out state jsonb,
    out queue pydb_internal.cascade_chunk[]
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_root regclass := ((p_state ->> 'root')::oid)::regclass;
    v_edges jsonb := p_state -> 'edges';
    v_walk pydb_internal.cascade_closure;
    v_steps pydb.cascade_step[];
    v_part pydb_internal.cascade_rows;
    v_chunk pydb_internal.cascade_chunk;
begin
    state := p_state - 'collect' - 'wake';
    queue := '{}';
    perform pydb_internal.cascade_check_root(v_root);
    if pydb_internal.cascade_graph_hash(v_root, v_edges) <> p_state ->> 'signature' then
        state := state || jsonb_build_object('state', 'blocked', 'reason', 'error', 'sqlstate', 'YD306', 'error',
            'tables or references have changed since the request: cancel is too late, request what is left anew');
        return;
    end if;
    v_walk := pydb_internal.cascade_traverse(
        pydb_internal.cascade_root_rows(v_root, p_state -> 'keys')
            || pydb_internal.cascade_late_rows(v_root, p_state -> 'keys', v_edges), v_edges
    );
    if v_walk.parts = '{}' then
        state := state || '{"state": "completed", "reason": "exhausted"}';
        return;
    end if;
    v_steps := array(select s from pydb_internal.cascade_plan_steps(v_walk, v_root, false) as s order by s.step);
    begin
        perform pydb_internal.cascade_check_blocked(v_steps, v_root, p_state -> 'keys', v_edges);
    exception when sqlstate 'YD302' then
        state := state || jsonb_build_object('state', 'blocked', 'reason', 'referenced', 'sqlstate', 'YD302', 'error',
            sqlerrm);
        return;
    end;
    for v_part in
        select s.* from unnest(v_walk.parts) as s where s.effect = 'delete' order by s.layer desc, s.relation
    loop
        -- the deepest of a long chain came last; a place without its version would not be safe after a commit
        execute format(
            'select
                %s, array_agg(t.ctid order by u.ordinality desc), array_agg(t.xmin order by u.ordinality desc),
                pg_relation_filenode(%1$s)
            from unnest($1) with ordinality as u (tid, ordinality)
            inner join only %2$s as t on t.ctid = u.tid', v_part.relation, pydb_internal.relation_name(v_part.relation)
        ) into v_chunk using v_part.tids;
        queue := queue || v_chunk;
    end loop;
end
$$;

comment on function pydb_internal.cascade_job_queue(jsonb) is
'State of a run and the rows that are left, as chunks to be deleted in this order; completed if there are none, blocked
if something that stays references them, or the catalog is no longer that of the request.';

revoke all on function pydb_internal.cascade_job_queue(jsonb) from public;
