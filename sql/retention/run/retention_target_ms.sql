-- pydb_internal.retention_target_ms (run): the time that a batch of a policy aims for.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_target_ms(p_policy pydb.retention_policy)
returns double precision
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return 1000 * extract(epoch from coalesce(
        p_policy.batch_target, pydb_internal.setting_get(p_name => 'batch_target')::interval
    ))::float8;
end
$$;

comment on function pydb_internal.retention_target_ms(pydb.retention_policy) is
'Milliseconds: the policy''s batch_target, else the setting.';

revoke all on function pydb_internal.retention_target_ms(pydb.retention_policy) from public;
