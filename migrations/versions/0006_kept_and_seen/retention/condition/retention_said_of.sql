-- pydb_internal.retention_said_of (condition): what a policy and its rules say of a row, made once for all relations
-- that are counted, laid out or judged.
-- reads the catalog, settings   writes nothing   locks nothing
-- raises YD005 YD123 YD901
create or replace function pydb_internal.retention_said_of(p_policy pydb.retention_policy, p_cutoff timestamptz)
returns pydb_internal.retention_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_said pydb_internal.retention_said;
begin
    select e.expired, e.past, e.future, e.filtered, e.walked
    into v_said.expired, v_said.past, v_said.future, v_said.filtered, v_said.walked
    from pydb_internal.retention_expiry(p_policy, p_cutoff, 't') as e;
    v_said.ruled := pydb_internal.retention_rule_condition(p_policy, p_cutoff);
    v_said.ruled_joined := pydb_internal.retention_rule_condition(p_policy, p_cutoff, 't', true);
    v_said.joined := pydb_internal.retention_rule_source(p_policy);
    return v_said;
end
$$;

comment on function pydb_internal.retention_said_of(pydb.retention_policy, timestamptz) is
'The conditions of retention_expiry and retention_rule_condition over alias t: the texts of rules are long, and the same
for a thousand partitions.';

revoke all on function pydb_internal.retention_said_of(pydb.retention_policy, timestamptz) from public;
