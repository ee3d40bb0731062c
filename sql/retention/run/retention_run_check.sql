-- pydb_internal.retention_run_check (run): the policies that a call of retention_run is about; null where there is
-- nothing to do.
-- reads pydb.retention_policy, pydb.job_run   writes nothing   locks nothing
-- raises YD001 YD002; warns YD002 YD007
create or replace function pydb_internal.retention_run_check(p_policy text, p_max_rows bigint, p_max_runtime interval)
returns text[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_names text[];
begin
    if p_max_rows < 1 or p_max_runtime <= interval '0' then
        raise exception using errcode = 'YD001', message = 'p_max_rows and p_max_runtime must be positive',
            detail = format('p_max_rows is %s, p_max_runtime is %s.', p_max_rows, p_max_runtime),
            hint = 'Leave the argument out for no bound.';
    elsif pg_is_in_recovery() or current_setting('transaction_read_only')::boolean then
        if pydb_internal.run_is_read_only() then
            return null;
        end if;
    end if;
    if p_policy is not null then
        return array[(pydb_internal.retention_policy_get(p_policy)).name];
    end if;
    v_names := pydb_internal.retention_policy_names(p_policy);
    if v_names is null then
        raise warning using errcode = 'YD002', message = 'nothing was run: there is no enabled retention policy',
            hint = 'psql: \df+ pydb.retention_policy_set';
    end if;
    -- who was left out last time comes first
    return pydb_internal.run_turns('retention', v_names);
end
$$;

comment on function pydb_internal.retention_run_check(text, bigint, interval) is
'Names of the policies to run, those first that the bounds of the last call left out; null,
with a warning, on a standby, a read-only server, or without policies.';

revoke all on function pydb_internal.retention_run_check(text, bigint, interval) from public;
