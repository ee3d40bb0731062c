-- pydb_internal.retention_partition_held (held): the holds that keep rows of a partition, in its table or out of it.
-- reads the partition, and what its rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_partition_held(
    p_policy pydb.retention_policy,
    p_partition oid,
    p_rule pydb_internal.hold_rule default null
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_held text;
    v_top constant oid := pydb_internal.hold_top(p_policy.target);
    v_found boolean;
begin
    if not (select g.is_any from pydb_internal.hold_state() as g) or not exists (
        select from pg_class as c where c.oid = p_partition
    ) then
        return '{}'::text[];
    end if;
    -- what was taken out of its table is held as it was there
    v_held := (coalesce(p_rule, pydb_internal.hold_rule_of(p_policy.target))).held;
    if pydb_internal.hold_top(p_partition) <> v_top then
        v_held := concat_ws(' or ', v_held, (pydb_internal.hold_rule_of(p_partition)).held);
    end if;
    if coalesce(v_held, '') = '' then
        return '{}'::text[];
    end if;
    execute format(
        'select exists (select from %s as t where %s)', pydb_internal.relation_name(p_partition), v_held
    ) into v_found;
    if v_found then
        return coalesce(nullif(pydb_internal.hold_names_of(p_partition, 'true'), '{}'), array['a hold']);
    end if;
    return '{}'::text[];
end
$$;

comment on function pydb_internal.retention_partition_held(pydb.retention_policy, oid, pydb_internal.hold_rule) is
'Names of holds, at most ten; none where the partition may go. p_rule: what holds say of the table of the policy;
null = it is asked.';

revoke all on function pydb_internal.retention_partition_held(pydb.retention_policy, oid, pydb_internal.hold_rule)
from public;
