-- pydb_internal.retention_floor (rules): the shortest keep that any rule of a policy can give a row.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_floor(p_policy pydb.retention_policy)
returns interval
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(p_policy.keep_floor, case
        -- what a row's own expiry says is no keep, and min_keep does not bound it
        when p_policy.expiry then interval '0'
        else least(p_policy.keep, pydb_internal.setting_get(p_name => 'min_keep')::interval)
    end);
end
$$;

comment on function pydb_internal.retention_floor(pydb.retention_policy) is
'keep_floor; where it is null the lesser of keep and the setting min_keep, 0 for a column of expiry times.';

revoke all on function pydb_internal.retention_floor(pydb.retention_policy) from public;
