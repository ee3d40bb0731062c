-- pydb_internal.hold_tenant_keys (place; by hold_vet): the keys that name a tenant.
-- reads nothing   writes nothing   locks nothing
-- raises YD701
create or replace function pydb_internal.hold_tenant_keys(p_tenant jsonb)
returns jsonb
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if jsonb_typeof(p_tenant) <> 'object' or (select count(*) from jsonb_object_keys(p_tenant)) <> 1 then
        raise exception using errcode = 'YD701', message = 'p_tenant is not one column with a value',
            detail = format('It is %s.', p_tenant), hint = 'p_tenant => ''{"tenant_id": 7}''';
    end if;
    return (
        select jsonb_agg(jsonb_build_object(e.key, v.value))
        from jsonb_each(p_tenant) as e
        cross join lateral jsonb_array_elements(
            case jsonb_typeof(e.value) when 'array' then e.value else jsonb_build_array(e.value) end
        ) as v
    );
end
$$;

comment on function pydb_internal.hold_tenant_keys(jsonb) is
'Of {"column": value}, or of {"column": [value, …]}, an array of key objects.';

revoke all on function pydb_internal.hold_tenant_keys(jsonb) from public;
