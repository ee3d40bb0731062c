-- pydb_internal.retention_held_rows (held; by retention_next_pass): expired rows of a policy that holds keep now.
-- reads the target, and what its rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_held_rows(p_policy pydb.retention_policy, p_cutoff timestamptz)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_held constant text := (pydb_internal.hold_rule_of(p_policy.target)).held;
    v_expired constant text := pydb_internal.retention_expired_condition(p_policy, p_cutoff, 't', false);
    v_leaf oid;
    v_rows bigint;
    v_all bigint := 0;
begin
    if v_held is null then
        return 0;
    end if;
    for v_leaf in
        select l.relation from pydb_internal.retention_leaves(p_policy.target) as l where not l.foreign_table
    loop
        execute format(
            'select count(*) from only %s as t where %s and (%s)', pydb_internal.relation_name(v_leaf), v_expired,
            v_held
        ) into v_rows;
        v_all := v_all + v_rows;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.retention_held_rows(pydb.retention_policy, timestamptz) is
'Counts, leaf by leaf.';

revoke all on function pydb_internal.retention_held_rows(pydb.retention_policy, timestamptz) from public;
