-- pydb_internal.retention_shape_adopt (guard; by retention_check_shape): take what the tables of a policy look like for
-- what they should, where nobody has looked yet.
-- reads the catalog   writes pydb.guard_subject   locks its row
-- raises nothing
create or replace function pydb_internal.retention_shape_adopt(p_policy text)
returns void
language plpgsql -- it keeps its plan
security definer -- writes what it looks up itself, and only where nothing is
set search_path = pg_catalog, pg_temp
as $$
begin
    update pydb.guard_subject as s
    set shape = pydb_internal.retention_shape(p), shaped_at = clock_timestamp()
    from pydb.retention_policy as p
    where s.kind = 'policy' and s.name = p_policy and s.shape is null and p.name = p_policy;
end
$$;

comment on function pydb_internal.retention_shape_adopt(text) is
'Notes the look of the tables of a policy that was set before there was a guard.';

revoke all on function pydb_internal.retention_shape_adopt(text) from public;
