-- pydb.retention_batch: one bounded batch of a policy, in the caller's own transaction.
-- writes the target and its archive, pydb.job_run, pydb.audit_log   locks the relation (row exclusive) and the rows it
-- deletes
-- raises YD001 YD002 YD007 YD104 YD105 YD108 YD111 YD112 YD113 YD119 YD840, and what the delete raises
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
    v_turn pydb_internal.run_turn;
    v_all pydb_internal.run_part[];
    v_parts pydb_internal.run_part[];
    v_run pydb_internal.run_state;
    v_given pydb_internal.run_state;
    v_found record;
    v_archive bigint;
begin
    perform pydb_internal.run_check_read_write();
    perform pydb_internal.retention_check_batch(v_policy, p_max_rows);
    perform pydb_internal.reference_enter();
    v_run.kind := 'retention';
    v_run.subject := p_policy;
    v_run.dry_run := false;
    v_run.now := coalesce(p_now, clock_timestamp());
    v_run.done := 0;
    perform pydb_internal.run_check_now(v_run);
    v_run := pydb_internal.run_look(v_run);
    if v_run.state is not null then
        raise exception using errcode = coalesce(v_run.sqlstate, 'YD111'),
            message = format('policy %s: blocked (%s)', p_policy, v_run.reason),
            detail = concat_ws(': ', 'Nothing was deleted', v_run.error) || '.',
            hint = coalesce(v_run.hint, case v_run.reason when 'window' then 'select * from pydb.window_status;'
                else 'pydb retention resume, or: select pydb.retention_resume();' end);
    end if;
    if p_cursor is not null then
        v_found := pydb_internal.retention_cursor(v_policy, p_cursor);
        v_given := v_found.run;
        v_parts := v_found.parts;
        v_all := v_found.every;
    end if;
    if v_given.version = v_run.version then
        v_run := v_given;
    else
        -- the first call, or the policy was edited since: new terms, new count, new look at the fuse
        v_turn := pydb_internal.retention_open(v_run, null);
        v_run := v_turn.run;
        v_parts := v_turn.parts;
        v_all := v_parts;
        if v_run.state = 'blocked' then
            raise exception using errcode = v_run.sqlstate, message = format('policy %s: %s', p_policy, v_run.error),
                detail = 'Nothing was deleted.', hint = format('select * from pydb.retention_plan(%L);', p_policy);
        end if;
    end if;
    perform pydb_internal.run_check_now(v_run);
    v_archive := case v_policy.action
        when 'archive' then pydb_internal.run_open_within('retention', p_policy, null) end;
    rows_done := 0;
    -- ranges until the batch has its rows: the limit holds over all of them
    while rows_done < p_max_rows and v_run.state is null loop
        v_run.max_rows := v_run.done + p_max_rows - rows_done;
        v_run.run_id := v_archive;
        if cardinality(v_parts) = 0 then
            v_turn := pydb_internal.retention_open(v_run, v_all);
            v_parts := v_turn.parts;
        else
            v_turn := pydb_internal.retention_turn(v_run, v_parts[1]);
            if (v_turn.run).version is distinct from v_run.version then
                raise exception using errcode = 'YD113', message = 'the table was changed during the batch',
                    detail = format('%s is no longer what was planned for.',
                        pydb_internal.relation_name((v_parts[1]).relation)),
                    hint = format('select * from pydb.retention_batch(%L);', p_policy);
            end if;
            v_parts := case when v_turn.part is null then v_parts[2:] else v_turn.part || v_parts[2:] end;
        end if;
        v_run := v_turn.run;
        rows_done := rows_done + coalesce(v_run.rows, 0);
        v_run.done := v_run.done + coalesce(v_run.rows, 0);
        v_run.rows := null;
    end loop;
    perform pydb_internal.application_pin(null, null); -- the caller's transaction goes on
    rows_left_estimate := greatest(v_run.due - v_run.done, 0);
    if v_run.state is null then
        cursor := jsonb_build_object(
            'policy', p_policy, 'terms', v_run.version, 'now', v_run.now, 'due', v_run.due, 'done', v_run.done,
            'blocked', v_run.work -> 'blocked', 'pass_done', v_run.work -> 'pass_done', 'segments',
            pydb_internal.retention_places(v_parts), 'all', pydb_internal.retention_places(v_all)
        );
    end if;
    if v_archive is not null then
        perform pydb_internal.run_log_done('retention', p_policy, rows_done, 0, false, clock_timestamp(), null,
            '{"archived": true}', 'retention_batch', jsonb_build_object('rows_done', rows_done), v_archive);
    elsif rows_done > 0 then
        perform pydb_internal.run_message(null, 'retention', p_policy);
        perform pydb_internal.audit_say('retention_batch', p_policy, jsonb_strip_nulls(jsonb_build_object(
            'rows_done', rows_done, 'now', case when p_now is not null then v_run.now end
        )), null);
    end if;
end
$$;

comment on function pydb.retention_batch(text, bigint, jsonb, timestamptz) is
'Deletes at most p_max_rows expired rows of a policy in the caller''s transaction. Returns rows_done, rows_left_estimate
and cursor: pass the cursor to the next call; null means that the walk is through. The first call (cursor null) counts
and asks the fuse. Errors are the caller''s to handle; nothing is committed here.';

revoke all on function pydb.retention_batch(text, bigint, jsonb, timestamptz) from public;
