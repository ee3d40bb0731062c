-- pydb_internal.application_pin (application): from here on in this transaction the application's code runs under a
-- search_path of its own, or again under that of the running role.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005 YD015
create or replace function pydb_internal.application_pin(p_path name[], p_relation oid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_path is not null then
        -- at each use: a schema may have got another owner, or another may create there now
        perform pydb_internal.application_check_path(p_path, p_relation);
    end if;
    perform set_config('pydb.application_path', coalesce(p_path::text, ''), true);
end
$$;

comment on function pydb_internal.application_pin(name[], oid) is
'Gives the code of the application this search_path until the end of the transaction, or until it is called again (null:
that of the running role). p_relation: the table whose triggers run. Raises what application_check_path raises.';

revoke all on function pydb_internal.application_pin(name[], oid) from public;
