-- pydb_internal.retention_partition_held (held): the holds that keep rows of a partition, in its table or out of it.
-- reads the partition, and what its rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_partition_held(p_policy pydb.retention_policy, p_partition oid)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_of oid;
    v_free text;
    v_found boolean;
begin
    if not (select g.is_any from pydb_internal.hold_state() as g) or not exists (
        select from pg_class as c where c.oid = p_partition
    ) then
        return '{}'::text[];
    end if;
    -- what was taken out of its table is held as it was there
    foreach v_of in array array[p_policy.target::oid, p_partition] loop
        v_free := pydb_internal.hold_free_condition(v_of);
        continue when v_free = '';
        execute format(
            'select exists (select from %s as t where not (true%s))', pydb_internal.relation_name(p_partition), v_free
        ) into v_found;
        if v_found then
            return coalesce(nullif(pydb_internal.hold_names_of(p_partition, 'true'), '{}'), array['a hold']);
        end if;
    end loop;
    return '{}'::text[];
end
$$;

comment on function pydb_internal.retention_partition_held(pydb.retention_policy, oid) is
'Names of holds, at most ten; none where the partition may go.';

revoke all on function pydb_internal.retention_partition_held(pydb.retention_policy, oid) from public;
