-- destroys: rules that keep rows longer, totals of the metrics, events
-- what 0006 changes about tables, taken back

-- core: the list of runs of one state
drop index pydb.job_run_state_idx;

-- holds: what is held of a table is asked once for all of its relations
alter type pydb_internal.retention_work drop attribute free;
alter type pydb_internal.retention_work drop attribute free_since;
alter type pydb_internal.retention_work drop attribute free_at;
alter type pydb_internal.retention_work drop attribute free_until;
drop function pydb_internal.hold_seed_condition(pydb_internal.hold_graph, pydb_internal.hold_seed, text);
drop function pydb_internal.hold_key_condition(pydb_internal.hold_seed, text, name[], text, boolean);
drop function pydb_internal.retention_measure(pydb.retention_policy, oid, timestamptz, boolean, pydb_internal.hold_rule);
drop function pydb_internal.retention_partition_held(pydb.retention_policy, oid, pydb_internal.hold_rule);
drop function pydb_internal.retention_partition_verdict(
    pydb.retention_policy, timestamptz, pydb_internal.retention_bounds, pydb_internal.hold_rule
);
drop type pydb_internal.hold_rule;
alter type pydb_internal.hold_graph drop attribute is_sought;
