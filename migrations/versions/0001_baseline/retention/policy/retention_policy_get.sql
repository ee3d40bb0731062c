-- pydb_internal.retention_policy_get (policy): one policy by name; an unknown name is an error that lists the known
-- ones.
-- reads pydb.retention_policy   writes nothing   locks nothing
-- raises YD002
create or replace function pydb_internal.retention_policy_get(p_policy text)
returns pydb.retention_policy
language plpgsql
stable
security definer -- runners read policies without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy pydb.retention_policy;
begin
    select p.* into v_policy from pydb.retention_policy as p where p.name = p_policy;
    if not found then
        raise exception using errcode = 'YD002', message = format('there is no retention policy %L', p_policy),
            detail = coalesce(
                'Known: ' || (select string_agg(p.name, ', ' order by p.name) from pydb.retention_policy as p),
                'No policy has been set yet.'
            ),
            hint = 'pydb policy list, or: select name, target from pydb.retention_policy;';
    end if;
    return v_policy;
end
$$;

comment on function pydb_internal.retention_policy_get(text) is
'The policy of that name, or YD002 with the known names.';

revoke all on function pydb_internal.retention_policy_get(text) from public;
