-- pydb_internal.retention_account (run; by retention_advance): add a batch to a walk's sums, size the next one, set the
-- pause that the rate limit asks for.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_account(
    p_policy pydb.retention_policy,
    p_walk jsonb,
    p_segment jsonb
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rows bigint := (p_walk ->> 'rows')::bigint;
    v_left bigint := (p_walk ->> 'left')::bigint;
    v_ms float8 := (p_walk ->> 'ms')::float8;
    v_done bigint := (p_walk ->> 'done')::bigint + v_rows;
    v_mode text := p_walk ->> 'mode';
begin
    p_walk := p_walk || jsonb_build_object(
        'done', v_done, 'batches', (p_walk ->> 'batches')::bigint + 1,
        'pass_done', (p_walk ->> 'pass_done')::bigint + v_rows, 'tries', 0,
        'mode', case when p_walk ? 'last_pass' then v_mode else 'plain' end
    );
    if v_mode in ('skip', 'rows') and p_walk ? 'last_pass' then
        p_walk := p_walk || jsonb_build_object('locked', (p_walk ->> 'locked')::bigint + v_left);
    elsif v_mode = 'plain' and v_left > 0 then
        p_walk := p_walk || jsonb_build_object('kept', (p_walk ->> 'kept')::bigint + v_left);
        if v_rows = 0 then
            return p_walk || jsonb_build_object(
                'state', case v_done when 0 then 'blocked' else 'partial' end, 'reason', 'no_progress', 'error',
                format('a trigger or rule on %s kept %s rows from being deleted',
                    pydb_internal.relation_name((p_segment ->> 'relation')::oid), v_left)
            );
        end if;
    end if;
    if v_mode = 'plain' then
        p_walk := pydb_internal.retention_adapt(
            p_policy, p_walk, p_segment ->> 'strategy', (p_segment ->> 'density')::float8
        );
    end if;
    if p_policy.rows_per_second is not null then
        p_walk := p_walk || jsonb_build_object(
            'wake', clock_timestamp() + (v_rows * 1000.0 / p_policy.rows_per_second - v_ms) * interval '1 ms'
        );
    end if;
    return p_walk;
end
$$;

comment on function pydb_internal.retention_account(pydb.retention_policy, jsonb, jsonb) is
'The walk after a batch: sums, size of the next range, pause; a batch that could delete nothing of what it found ends
the walk with no_progress.';

revoke all on function pydb_internal.retention_account(pydb.retention_policy, jsonb, jsonb) from public;
