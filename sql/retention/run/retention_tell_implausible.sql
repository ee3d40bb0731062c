-- pydb_internal.retention_tell_implausible (run; by retention_open): say and log how many rows a run leaves because
-- their time cannot be meant.
-- reads nothing   writes pydb.job_run (where it belongs to a run)   locks the run's row
-- raises YD110; warns YD117
create or replace function pydb_internal.retention_tell_implausible(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state,
    p_past bigint,
    p_future bigint
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_warning record;
begin
    for v_warning in
        select w.* from unnest(pydb_internal.retention_implausible_warnings(p_policy, p_past, p_future)) as w
    loop
        raise warning using errcode = 'YD117', message = format('policy %s: %s', p_policy.name, v_warning.said),
            hint = format('select * from pydb.retention_plan(%L);', p_policy.name);
    end loop;
    if p_run.run_id is not null then
        perform pydb_internal.run_log_batch(
            p_run.run_id, 0, 0, jsonb_build_object('implausible_rows', p_past + p_future)
        );
    end if;
end
$$;

comment on function pydb_internal.retention_tell_implausible(
    pydb.retention_policy, pydb_internal.run_state, bigint, bigint
) is
'A warning (YD117) for rows before 1980 and one for numbers beyond a century ahead; the run''s detail gets
implausible_rows.';

revoke all on function pydb_internal.retention_tell_implausible(
    pydb.retention_policy, pydb_internal.run_state, bigint, bigint
) from public;
