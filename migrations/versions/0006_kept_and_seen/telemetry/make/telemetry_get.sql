-- pydb_internal.telemetry_get (make): one schema with telemetry, by its name.
-- reads pydb.telemetry   writes nothing   locks nothing
-- raises YD002
create or replace function pydb_internal.telemetry_get(p_name text)
returns pydb.telemetry
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_found pydb.telemetry;
begin
    select t.* into v_found from pydb.telemetry as t where t.name = p_name;
    if not found then
        raise exception using errcode = 'YD002',
            message = format('there is no telemetry called %s', coalesce(quote_ident(p_name), 'null')),
            detail = 'Each is called as its schema was when it was made.', hint = 'select name from pydb.telemetry;';
    end if;
    return v_found;
end
$$;

comment on function pydb_internal.telemetry_get(text) is
'The row of pydb.telemetry of that name; YD002 if there is none.';

revoke all on function pydb_internal.telemetry_get(text) from public;
