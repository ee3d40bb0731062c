-- pydb_internal.retention_sure_condition (chunk): SQL over e.lo, where a partition or chunk begins: no row within can
-- have a time that the policy leaves.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_sure_condition(p_policy pydb.retention_policy)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sure text := 'true';
begin
    if not p_policy.expire_implausible then
        v_sure := 'e.lo >= ' || pydb_internal.retention_bound(p_policy, '1980-01-01 00:00+00')
            || case p_policy.time_unit when 'uuidv7' then ' and false' else '' end;
    end if;
    if pydb_internal.retention_has_infinity(p_policy) and not p_policy.expire_minus_infinity then
        v_sure := v_sure || ' and e.lo > ''-infinity''';
    end if;
    return v_sure;
end
$$;

comment on function pydb_internal.retention_sure_condition(pydb.retention_policy) is
'True where all times from e.lo on can be meant, as the policy understands it.';

revoke all on function pydb_internal.retention_sure_condition(pydb.retention_policy) from public;
