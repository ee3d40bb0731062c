-- what 0006 changes about tables, in the order of its rooms

-- core: the list of runs of one state
create index job_run_state_idx on pydb.job_run (state, kind, started_at);

-- retention: rules that keep rows by tenant, by class, or as the last of a group
alter table pydb.retention_policy
    add column keep_column name,
    add column keep_table regclass,
    add column keep_by name[],
    add column keep_key name[],
    add column keep_value name,
    add column keep_floor interval,
    add column keep_last integer,
    add column keep_last_by name[],
    add column combine text,
    add column keep_at timestamptz,
    add constraint retention_policy_rules_check check (
        num_nonnulls(keep_table, keep_by, keep_key, keep_value) in (0, 4)
        and (keep_last is null) = (combine is null) and (keep_last is not null or keep_last_by is null)
        and keep_last > 0 and combine in ('and', 'or') and keep_floor >= interval '0'
        and keep_at is null
    );
comment on column pydb.retention_policy.keep_column is
'Column of the table that says how long its row is kept: an interval, or a whole number of days; null there = the next
rule, longer than 5000 years = for ever.';
comment on column pydb.retention_policy.keep_table is
'Mapping table that says how long rows are kept, by tenant or class; read with the rights of who plans or runs.';
comment on column pydb.retention_policy.keep_by is 'Columns of the table by which a row is looked up there …';
comment on column pydb.retention_policy.keep_key is
'… and the columns of a unique key of the mapping table that they equal.';
comment on column pydb.retention_policy.keep_value is
'Column of the mapping table with the keep: an interval, or a whole number of days; null, or longer than 5000 years =
for ever. No row there = the keep of the policy.';
comment on column pydb.retention_policy.keep_floor is
'No rule keeps a row for less; null = the lesser of keep and the setting min_keep (0 for a column of expiry times).';
comment on column pydb.retention_policy.keep_last is
'How many rows of each group, the newest by time and then by primary key, are kept; null = none for that.';
comment on column pydb.retention_policy.keep_last_by is 'Columns of the table that make the groups; null = one group.';
comment on column pydb.retention_policy.combine is
'How keep_last and the age go together. and: a row goes when it expired and is not among the last; or: when it expired,
or is older than the floor and not among the last.';
comment on column pydb.retention_policy.keep_at is
'Null here; in a copy that a plan or a run works with: the moment that its rules count from.';
drop function pydb.retention_policy_set(
    text, regclass, name, interval, text, text, text, text, text, interval, bigint, interval, integer, bigint, numeric,
    text, boolean, boolean, text, boolean, boolean, boolean, regclass, name, text, text, text,
    text, name, name[], text, text[], text, interval, text[], bigint, interval, text, integer
);
