-- pydb_internal.retention_has_infinity (time): whether the time column can hold -infinity.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_has_infinity(p_policy pydb.retention_policy)
returns boolean
language plpgsql -- keeps its plan, where SQL is planned anew for every leaf
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return p_policy.time_unit in ('timestamptz', 'timestamp', 'date')
        or pydb_internal.retention_time_type(p_policy.target, p_policy.time_column) in (
            'float4'::regtype, 'float8'::regtype, 'numeric'::regtype
        );
end
$$;

comment on function pydb_internal.retention_has_infinity(pydb.retention_policy) is
'True for calendar types, double precision, real and numeric; false for integers and uuid.';

revoke all on function pydb_internal.retention_has_infinity(pydb.retention_policy) from public;
