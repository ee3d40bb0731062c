-- pydb.retention_run: delete what expired in batches, each committed; every policy ends in the log with its reason.
-- writes the targets, pydb.job_run, pydb.audit_log   locks per batch: the relation (row exclusive), its rows
-- raises YD001 YD002 YD110 YD111; commits, so it cannot run inside a transaction block
create or replace procedure pydb.retention_run(
    p_policy text default null,
    p_dry_run boolean default false,
    p_max_rows bigint default null,
    p_max_runtime interval default null,
    p_now timestamptz default null,
    p_request uuid default null
)
language plpgsql
as $$
declare
    -- resolved under the caller's search_path: neither a type nor an operator goes without its schema here
    v_now pg_catalog.timestamptz := coalesce(p_now, pg_catalog.clock_timestamp());
    v_deadline pg_catalog.timestamptz;
    v_left bigint := p_max_rows;
    v_policies pg_catalog.text[];
    v_name pg_catalog.text;
    v_walk pg_catalog.jsonb;
    v_worst pg_catalog.jsonb;
    v_note pg_catalog.text;
    v_halt pg_catalog.text;
begin
    set local search_path = pg_catalog, pg_temp; -- no SET clause: it would forbid COMMIT
    v_deadline := clock_timestamp() + p_max_runtime;
    v_policies := pydb_internal.retention_run_check(p_policy, p_max_rows, p_max_runtime);
    if v_policies is null then
        return;
    end if;
    foreach v_name in array v_policies loop
        if v_halt is not null then
            -- whose turn never came is in the log as well
            v_note := 'the call ended before its turn';
            perform pydb_internal.run_log_unstarted(
                'retention', v_name, p_dry_run, p_request, 'skipped', v_halt, v_note);
            raise warning 'policy %: skipped (%): %', v_name, v_halt, v_note;
            continue;
        end if;
        v_walk := null;
        call pydb_internal.retention_run_policy(v_name, p_dry_run, v_left, v_deadline, v_now, p_request, v_walk);
        set local search_path = pg_catalog, pg_temp;
        v_left := v_left - (v_walk ->> 'done')::bigint;
        v_note := pydb_internal.retention_run_sentence(v_walk);
        if v_walk ->> 'state' in ('failed', 'blocked', 'cancelled') then
            if v_worst is null or v_walk ->> 'state' <> 'blocked' then
                v_worst := v_walk;
            end if;
        end if;
        if v_walk ->> 'state' in ('partial', 'skipped') or (v_worst is not null and v_policies[2] is not null) then
            raise warning '%', v_note;
        elsif v_walk ->> 'state' = 'completed' then
            raise notice '%', v_note;
        end if;
        v_halt := coalesce(v_walk ->> 'halt', case when v_left <= 0 then 'row_budget' end);
    end loop;
    commit;
    set local search_path = pg_catalog, pg_temp;
    if v_worst is null and v_halt = 'cancelled' then
        v_worst := v_walk || '{"state": "cancelled", "reason": "cancelled"}';
    end if;
    if v_worst is not null then
        raise exception using
            errcode = case v_worst ->> 'state'
                when 'failed' then 'YD110' when 'cancelled' then '57014' else 'YD111'
            end,
            message = pydb_internal.retention_run_sentence(v_worst),
            detail = pg_catalog.format(
                'SQLSTATE %s. Everything committed before stays, and the log has it all.',
                coalesce(v_worst ->> 'sqlstate', 'none')
            ),
            hint = coalesce(
                nullif(v_worst ->> 'hint', ''),
                'select * from pydb.retention_job_log order by id desc limit 10;'
            );
    end if;
end
$$;

comment on procedure pydb.retention_run(text, boolean, bigint, interval, timestamptz, uuid) is
'Deletes what expired by one policy, or by all enabled ones (null; children first), in batches that are committed one
by one; schedule it as one bare CALL. p_dry_run counts and logs only. p_max_rows and p_max_runtime bound the whole call,
beside each policy''s own bounds. p_now stands for the clock. p_request is noted with every run it makes. One failing
policy never stops the others. At the end a failed policy raises YD110, a blocked one YD111; partial and skipped ones
are warnings. On a standby or a read-only server nothing happens but a warning. Read pydb.retention_job_log.';

revoke all on procedure pydb.retention_run(text, boolean, bigint, interval, timestamptz, uuid) from public;
