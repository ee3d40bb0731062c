-- pydb_internal.retention_held_warnings (held; by retention_plan): what a plan must say of rows of a relation that
-- holds keep.
-- reads the relation, and what its rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_held_warnings(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_cutoff timestamptz,
    p_held bigint
)
returns pydb_internal.retention_warning[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_names text[];
begin
    if p_held > 0 is not true then
        return '{}'::pydb_internal.retention_warning[];
    end if;
    v_names := array(select h.name from pydb_internal.hold_active() as h where h.overrides is null);
    if cardinality(v_names) > 1 then -- where there is but one, it is that one
        v_names := pydb_internal.hold_names_of(
            p_relation, pydb_internal.retention_expired_condition(p_policy, p_cutoff, 't', false)
        );
    end if;
    return array[row('held', format(
        '%s stay although they expired, held by %s', pydb_internal.rows_text(p_held), array_to_string(v_names, ', ')
    ))::pydb_internal.retention_warning];
end
$$;

comment on function pydb_internal.retention_held_warnings(pydb.retention_policy, oid, timestamptz, bigint) is
'A warning with the names of the holds, or none.';

revoke all on function pydb_internal.retention_held_warnings(pydb.retention_policy, oid, timestamptz, bigint)
from public;
