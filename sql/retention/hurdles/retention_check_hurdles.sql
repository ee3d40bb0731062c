-- pydb_internal.retention_check_hurdles (hurdles; by retention_check_runner): refuse to begin what the server would
-- refuse in the middle.
-- reads the catalog, settings   writes nothing   locks nothing
-- raises YD001 YD005 YD014 YD015 YD016 YD119 YD123 YD602 YD621, 42501 where rows are hidden
create or replace function pydb_internal.retention_check_hurdles(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hurdle record;
begin
    select h.* into v_hurdle
    from pydb_internal.retention_hurdles(p_policy, to_regrole(quote_ident(current_user))::oid) as h
    limit 1;
    if found then
        raise exception using errcode = case v_hurdle.code
                when 'unfit_session' then 'YD001' when 'privilege' then 'YD005' when 'publication' then 'YD014'
                when 'archive' then 'YD602' when 'goes_along' then 'YD621'
                when 'watermark' then 'YD119' when 'rules' then 'YD123'
                when 'search_path' then 'YD015' when 'rule' then 'YD016'
                else '42501' -- as the server itself says it of hidden rows
            end, message = v_hurdle.message, detail = v_hurdle.detail,
            hint = v_hurdle.hint;
    end if;
end
$$;

comment on function pydb_internal.retention_check_hurdles(pydb.retention_policy) is
'Raises the first of the retention_hurdles of the current role, with the statement that cures it in the hint.';

revoke all on function pydb_internal.retention_check_hurdles(pydb.retention_policy) from public;
