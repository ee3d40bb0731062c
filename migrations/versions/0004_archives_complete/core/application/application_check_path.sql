-- pydb_internal.application_check_path (application): refuse a search_path under which the application's code would
-- find nothing, or what somebody else has put there for the running role.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005 YD015
create or replace function pydb_internal.application_check_path(p_path name[], p_relation oid)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_found record;
begin
    select f.* into v_found
    from pydb_internal.application_path_problem(
        p_path, p_relation, to_regrole(quote_ident(current_user))::oid
    ) as f;
    if v_found.problem is not null then
        raise exception using errcode = case v_found.code when 'privilege' then 'YD005' else 'YD015' end,
            message = 'this search_path cannot be used', detail = v_found.problem, hint = v_found.cure;
    end if;
end
$$;

comment on function pydb_internal.application_check_path(name[], oid) is
'Raises YD005 where the current role may not use a schema, YD015 where a schema is not there, is a temporary one, or is
one in which somebody may create who could not become the current role.';

revoke all on function pydb_internal.application_check_path(name[], oid) from public;
