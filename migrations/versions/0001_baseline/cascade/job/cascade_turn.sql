-- pydb_internal.cascade_turn (job; by cascade_run_job): one transaction of a job's run: look what is left, or delete
-- the next rows of the queue.
-- writes what pydb_internal.cascade_job_batch and pydb_internal.cascade_job_rest write   locks what they lock
-- raises what they raise
create or replace function pydb_internal.cascade_turn(
    inout p_state jsonb,
    p_chunk pydb_internal.cascade_chunk,
    out queue pydb_internal.cascade_chunk[]
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_found record;
begin
    p_state := pydb_internal.cascade_look(p_state);
    if p_state ? 'state' then
        return;
    elsif p_state ? 'collect' then
        v_found := pydb_internal.cascade_job_queue(
            p_state || jsonb_build_object('idle', case
                when (p_state ->> 'done')::bigint > coalesce((p_state ->> 'seen')::bigint, -1) then 0
                else (p_state ->> 'idle')::integer + 1
            end, 'seen', p_state -> 'done')
        );
        p_state := v_found.state - 'stuck';
        queue := v_found.queue;
        return;
    elsif p_chunk.relation is null then
        -- through: what was deferred, or came meanwhile, shows at another look; where nothing moved, all goes at once
        if p_state ? 'stuck' and (p_state ->> 'seen')::bigint = (p_state ->> 'done')::bigint then
            p_state := pydb_internal.cascade_job_rest(p_state);
        end if;
        p_state := p_state || '{"collect": true}';
        return;
    end if;
    p_state := pydb_internal.cascade_job_batch(p_state, p_chunk);
    if p_state ? 'deferred' then
        p_state := p_state || '{"stuck": true}';
    end if;
    p_state := p_state - 'moved' - 'deferred';
end
$$;

comment on function pydb_internal.cascade_turn(jsonb, pydb_internal.cascade_chunk) is
'One turn of a job''s run. p_chunk: the next rows of the queue, or null at its end; queue: a new one, after a look.';

revoke all on function pydb_internal.cascade_turn(jsonb, pydb_internal.cascade_chunk) from public;
