-- pydb.retention_batch: one bounded batch of a policy, in the caller's own transaction.
-- writes the target, pydb.audit_log   locks the relation (row exclusive) and the rows it deletes
-- raises YD001 YD002 YD104 YD111 YD112 YD113, and what the delete raises
create or replace function pydb.retention_batch(
    p_policy text,
    p_max_rows bigint default 10000,
    p_cursor jsonb default null,
    p_now timestamptz default null,
    out rows_done bigint,
    out rows_left_estimate bigint,
    out cursor jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
as $$
declare
    v_policy pydb.retention_policy := pydb_internal.retention_policy_get(p_policy);
    v_held text := pydb_internal.retention_held(v_policy);
    v_walk jsonb;
    v_key text;
begin
    if p_max_rows is null or p_max_rows < 1 or p_max_rows > 1000000 then
        raise exception using errcode = 'YD001',
            message = format('p_max_rows cannot be %s', coalesce(p_max_rows::text, 'null')),
            detail = 'A batch takes 1 to 1000000 rows.',
            hint = format('select * from pydb.retention_batch(%L, p_max_rows => 10000);', p_policy);
    elsif v_held is not null then
        raise exception using errcode = 'YD111', message = format('policy %s: blocked (%s)', p_policy, v_held),
            detail = 'Nothing was deleted.', hint = 'pydb retention resume, or: select pydb.retention_resume();';
    end if;
    if p_cursor is not null then
        v_walk := pydb_internal.retention_cursor(v_policy, p_cursor);
    end if;
    if v_walk is null or v_walk ->> 'terms' <> pydb_internal.retention_terms(v_policy) then
        -- the first call, or the policy was edited since: new terms, new count, new look at the fuse
        v_walk := pydb_internal.retention_prepare(v_policy, jsonb_build_object(
            'policy', p_policy, 'now', coalesce(p_now, clock_timestamp()), 'dry_run', false, 'done', 0, 'mode', 'plain',
            'locked', 0, 'kept', 0, 'refused', 0, 'heap_range', 64, 'index_range', 5000, 'cost', 0.002
        ));
        if v_walk ->> 'state' = 'blocked' then
            raise exception using errcode = v_walk ->> 'sqlstate',
                message = format('policy %s: %s', p_policy, v_walk ->> 'error'),
                detail = 'Nothing was deleted.', hint = format('select * from pydb.retention_plan(%L);', p_policy);
        end if;
    end if;
    rows_done := 0;
    -- ranges until the batch has its rows: the limit holds over all of them
    while rows_done < p_max_rows and v_walk ->> 'state' is null loop
        if v_walk -> 'segments' = '[]' then
            v_walk := pydb_internal.retention_finish(v_walk);
            continue;
        end if;
        v_walk := pydb_internal.retention_step(
            v_policy, v_walk || jsonb_build_object('max_rows', (v_walk ->> 'done')::bigint + p_max_rows - rows_done)
        );
        rows_done := rows_done + (v_walk ->> 'rows')::bigint;
        v_walk := v_walk || jsonb_build_object(
            'done', (v_walk ->> 'done')::bigint + (v_walk ->> 'rows')::bigint,
            'pass_done', (v_walk ->> 'pass_done')::bigint + (v_walk ->> 'rows')::bigint
        );
    end loop;
    rows_left_estimate := greatest((v_walk ->> 'due')::bigint - (v_walk ->> 'done')::bigint, 0);
    if v_walk ->> 'state' is null then
        cursor := v_walk - 'later';
        foreach v_key in array array['segments', 'all'] loop
            cursor := cursor || jsonb_build_object(v_key, (
                select coalesce(jsonb_agg(u.segment - 'condition' - 'signature' order by u.ord), '[]')
                from jsonb_array_elements(v_walk -> v_key) with ordinality as u (segment, ord)
            ));
        end loop;
    end if;
    if rows_done > 0 then
        perform pydb_internal.audit_add('retention_batch', p_policy, jsonb_build_object('rows_done', rows_done), null);
    end if;
end
$$;

comment on function pydb.retention_batch(text, bigint, jsonb, timestamptz) is
'Deletes at most p_max_rows expired rows of a policy in the caller''s transaction. Returns rows_done, rows_left_estimate
and cursor: pass the cursor to the next call; null means that the walk is through. The first call (cursor null) counts
and asks the fuse. Errors are the caller''s to handle; nothing is committed here.';

revoke all on function pydb.retention_batch(text, bigint, jsonb, timestamptz) from public;
