-- destroys: rules that keep rows longer, totals of the metrics, events
-- what 0006 changes about tables, taken back

-- core: the list of runs of one state
drop index pydb.job_run_state_idx;

-- retention: without their rules policies would delete what the rules kept, so they do not run until somebody looks
update pydb.retention_policy
set paused_at = now(), paused_by = session_user,
    paused_reason = 'its rules (keep by column or table, last rows) went with the downgrade: it would delete what they kept'
where paused_at is null and num_nonnulls(keep_column, keep_table, keep_last) > 0;
drop function pydb.retention_policy_set(
    text, regclass, name, interval, text, text, text, text, text, interval, bigint, interval, integer, bigint, numeric,
    text, boolean, boolean, text, boolean, boolean, boolean, regclass, name, text, text, text,
    text, name, name[], text, text[], text, interval, text[], bigint, interval, text, integer,
    name, regclass, name[], name[], name, interval, integer, name[], text
);
alter table pydb.retention_policy
    drop constraint retention_policy_rules_check,
    drop column keep_column,
    drop column keep_table,
    drop column keep_by,
    drop column keep_key,
    drop column keep_value,
    drop column keep_floor,
    drop column keep_last,
    drop column keep_last_by,
    drop column combine,
    drop column keep_at;
