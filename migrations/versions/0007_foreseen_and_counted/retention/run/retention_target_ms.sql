-- pydb_internal.retention_target_ms (run): the time that a batch of a policy aims for.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_target_ms(
    p_policy pydb.retention_policy,
    p_fixed_ms double precision default null
)
returns double precision
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return greatest(1000 * extract(epoch from coalesce(
        p_policy.batch_target, pydb_internal.setting_get(p_name => 'batch_target')::interval
    ))::float8, 1.5 * p_fixed_ms);
end
$$;

comment on function pydb_internal.retention_target_ms(pydb.retention_policy, double precision) is
'Milliseconds: the policy''s batch_target, else the setting. p_fixed_ms: of what a batch takes however few its rows are
(retention_work.fixed_ms) half as long again at least, or its rows would be ever fewer.';

revoke all on function pydb_internal.retention_target_ms(pydb.retention_policy, double precision) from public;
