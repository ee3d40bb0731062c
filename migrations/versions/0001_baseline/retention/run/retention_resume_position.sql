-- pydb_internal.retention_resume_position (run; by retention_prepare): begin where the last, unfinished run of the
-- policy stopped, and go round.
-- reads pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_resume_position(p_walk jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_last record;
    v_ord bigint;
    v_segment jsonb;
    v_block bigint;
    v_segments jsonb := p_walk -> 'segments';
begin
    if not p_walk ? 'run' then
        return p_walk;
    end if;
    select l.* into v_last from pydb_internal.run_last('retention', p_walk ->> 'policy') as l;
    if v_last.detail -> 'learned' is not null then
        p_walk := p_walk || (v_last.detail -> 'learned');
    end if;
    if v_last.state is null or v_last.state = 'completed' or v_last.detail -> 'position' is null then
        return p_walk;
    end if;
    select u.ord, u.segment into v_ord, v_segment
    from jsonb_array_elements(v_segments) with ordinality as u (segment, ord)
    where u.segment -> 'relation' = v_last.detail -> 'position' -> 'relation';
    v_block := (v_last.detail -> 'position' ->> 'at')::bigint;
    if v_ord is null or v_segment ->> 'strategy' <> 'heap' or v_block >= (v_segment ->> 'end')::bigint then
        return p_walk;
    end if;
    -- from that block to the end, the relations behind, those before, and the blocks before it last
    select jsonb_build_array(v_segment || jsonb_build_object('at', v_block))
        || coalesce(
            jsonb_agg(u.segment order by u.ord < v_ord, u.ord) filter (where u.ord <> v_ord), '[]'
        )
        || jsonb_build_array(v_segment || jsonb_build_object('end', v_block))
    into v_segments
    from jsonb_array_elements(v_segments) with ordinality as u (segment, ord);
    return p_walk || jsonb_build_object('segments', v_segments, 'resumed', v_last.id);
end
$$;

comment on function pydb_internal.retention_resume_position(jsonb) is
'Gives a walk the learned batch size of the last run, and, if that run did not finish, its position as the start.';

revoke all on function pydb_internal.retention_resume_position(jsonb) from public;
