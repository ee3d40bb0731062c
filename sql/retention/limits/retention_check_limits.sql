-- pydb_internal.retention_check_limits (limits; by retention_policy_vet): refuse windows that are not there, and limits
-- that are none.
-- reads pydb.run_window   writes nothing   locks nothing
-- raises YD109 YD822
create or replace function pydb_internal.retention_check_limits(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem text := case
        when array_position(p_policy.windows, null) is not null then 'p_windows has a null'
        when array_position(p_policy.catch_up_windows, null) is not null then 'p_catch_up_windows has a null'
        when p_policy.catch_up_after <= interval '0' or p_policy.catch_up_after > interval '5000 years'
            then format('p_catch_up_after is %s, it must be positive', p_policy.catch_up_after)
        when p_policy.catch_up_max_rows < 1
            then format('p_catch_up_max_rows is %s, it must be at least 1', p_policy.catch_up_max_rows)
        when p_policy.catch_up_max_runtime <= interval '0'
            then format('p_catch_up_max_runtime is %s, it must be positive', p_policy.catch_up_max_runtime)
        when p_policy.catch_up_rows_per_second < 1
            then format('p_catch_up_rows_per_second is %s, it must be at least 1', p_policy.catch_up_rows_per_second)
    end;
begin
    if v_problem is not null then
        raise exception using errcode = 'YD109', message = format('policy %s is out of bounds', p_policy.name),
            detail = v_problem || '.', hint = 'Leave the argument out for its default.';
    end if;
    perform pydb_internal.window_verdict(p_policy.windows, 'retention', clock_timestamp());
    perform pydb_internal.window_verdict(p_policy.catch_up_windows, 'retention', clock_timestamp());
end
$$;

comment on function pydb_internal.retention_check_limits(pydb.retention_policy) is
'Raises YD822 for a window that is not there, YD109 for a limit of catching up that is out of bounds.';

revoke all on function pydb_internal.retention_check_limits(pydb.retention_policy) from public;
