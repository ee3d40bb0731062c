-- pydb.retention_policy_set: create or change a policy; everything is checked before anything is stored; audited.
-- reads the target   writes pydb.retention_policy, pydb.audit_log   locks the policy's row
-- raises YD001 YD003 YD004 YD005 YD006 YD015 YD101 YD102 YD103 YD107 YD108 YD109 YD118 YD120 YD121 YD122
-- YD501 YD822; warns YD103 YD117 YD119 YD621
create or replace function pydb.retention_policy_set(
    p_name text,
    p_table regclass,
    p_time_column name,
    p_keep interval,
    p_time_unit text default null,
    p_filter text default null,
    p_action text default 'delete',
    p_on_referenced text default 'skip',
    p_strategy text default 'auto',
    p_batch_target interval default null,
    p_max_rows bigint default null,
    p_max_runtime interval default null,
    p_rows_per_second integer default null,
    p_fuse_rows bigint default null,
    p_fuse_share numeric default 0.5,
    p_schedule text default null,
    p_enabled boolean default true,
    p_expiry boolean default null,
    p_timezone text default 'UTC',
    p_expire_minus_infinity boolean default false,
    p_allow_short boolean default false,
    p_expire_implausible boolean default false,
    p_watermark_table regclass default null,
    p_watermark_column name default null,
    p_watermark_pick text default 'max',
    p_watermark_filter text default null,
    p_watermark_function text default null,
    p_partition text default 'drop',
    p_partition_schema name default null,
    p_search_path name[] default null,
    p_partition_first text default null,
    p_windows text[] default null,
    p_max_wal text default null,
    p_catch_up_after interval default null,
    p_catch_up_windows text[] default null,
    p_catch_up_max_rows bigint default null,
    p_catch_up_max_runtime interval default null,
    p_catch_up_max_wal text default null,
    p_catch_up_rows_per_second integer default null,
    p_keep_column name default null,
    p_keep_table regclass default null,
    p_keep_by name[] default null,
    p_keep_key name[] default null,
    p_keep_value name default null,
    p_keep_floor interval default null,
    p_keep_last integer default null,
    p_keep_last_by name[] default null,
    p_combine text default null
)
returns pydb.retention_policy
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_new pydb.retention_policy;
begin
    v_new.name := p_name;
    v_new.target := p_table;
    v_new.time_column := p_time_column;
    v_new.time_unit := p_time_unit;
    v_new.keep := p_keep;
    v_new.timezone := p_timezone;
    v_new.filter := p_filter;
    v_new.action := p_action;
    v_new.on_referenced := p_on_referenced;
    v_new.strategy := p_strategy;
    v_new.batch_target := p_batch_target;
    v_new.max_rows := p_max_rows;
    v_new.max_runtime := p_max_runtime;
    v_new.rows_per_second := p_rows_per_second;
    v_new.fuse_rows := p_fuse_rows;
    v_new.fuse_share := p_fuse_share;
    v_new.schedule := p_schedule;
    v_new.enabled := p_enabled;
    v_new.expire_minus_infinity := p_expire_minus_infinity;
    v_new.expire_implausible := p_expire_implausible;
    v_new.expiry := p_expiry;
    v_new.watermark_column := p_watermark_column;
    v_new.watermark_pick := p_watermark_pick;
    v_new.watermark_filter := p_watermark_filter;
    v_new.watermark_function := p_watermark_function;
    v_new.partition := p_partition;
    v_new.partition_schema := p_partition_schema;
    v_new.search_path := p_search_path;
    v_new.partition_first := p_partition_first;
    v_new.windows := p_windows;
    v_new.max_wal := pydb_internal.retention_bytes('p_max_wal', p_max_wal);
    v_new.catch_up_after := p_catch_up_after;
    v_new.catch_up_windows := p_catch_up_windows;
    v_new.catch_up_max_rows := p_catch_up_max_rows;
    v_new.catch_up_max_runtime := p_catch_up_max_runtime;
    v_new.catch_up_max_wal := pydb_internal.retention_bytes('p_catch_up_max_wal', p_catch_up_max_wal);
    v_new.catch_up_rows_per_second := p_catch_up_rows_per_second;
    v_new.keep_column := p_keep_column;
    v_new.keep_by := p_keep_by;
    v_new.keep_key := p_keep_key;
    v_new.keep_value := p_keep_value;
    v_new.keep_floor := p_keep_floor;
    v_new.keep_last := p_keep_last;
    v_new.keep_last_by := p_keep_last_by;
    v_new.combine := p_combine;
    v_new := pydb_internal.retention_policy_store(pydb_internal.draft_add(
        'retention_policy', jsonb_build_object(
            -- by number: the name of a table in a schema that he may not use could not be read back
            'policy', to_jsonb(v_new) || jsonb_build_object(
                'target', p_table::oid, 'watermark_table', p_watermark_table::oid, 'keep_table', p_keep_table::oid
            ), 'allow_short', p_allow_short
        )
    ));
    if 'archive' in (v_new.action, v_new.partition_first) then
        perform pydb_internal.archive_table_store(
            pydb_internal.draft_add('archive_table', jsonb_build_object('source', p_table::oid))
        );
    end if;
    return v_new;
end
$$;

comment on function pydb.retention_policy_set(
    text, regclass, name, interval, text, text, text, text, text, interval, bigint, interval, integer, bigint, numeric,
    text, boolean, boolean, text, boolean, boolean, boolean, regclass, name, text, text, text,
    text, name, name[], text, text[], text, interval, text[], bigint, interval, text, integer,
    name, regclass, name[], name[], name, interval, integer, name[], text
) is
'Creates or replaces a retention policy and returns its row; setting it again as it is changes nothing.
p_time_column: timestamptz, timestamp, date, uuid (version 7), or a number with p_time_unit s, ms, us or ns. p_keep:
positive and at least the setting min_keep unless p_allow_short. p_expiry: the column holds each row''s own expiry, keep
may be 0 (default: true for keep 0 on a column named expires_at or alike). p_filter: one boolean expression over the
table. p_action: delete, or archive (what goes is kept in schema pydb_archive; pydb.archive_restore brings it back).
p_on_referenced: skip (rows that others reference stay), error (they block the run) or cascade (what references
them goes too). p_strategy: auto, heap or index. p_batch_target: 10 ms to 60 s a batch. p_max_rows,
p_max_runtime, p_rows_per_second: bounds of a run. p_fuse_rows, p_fuse_share: a run that would take more is blocked
(share of the table, default 0.5, 1 = never). p_schedule: cron, five fields, UTC. p_timezone: for subtracting keep and
for timestamp and date columns. p_expire_minus_infinity: -infinity expires too. p_expire_implausible: times before 1980
expire too; they are left and counted otherwise, for zero, another unit or "never" looks like that. p_watermark_table,
p_watermark_column: no row goes that is not older than the greatest value there (p_watermark_pick min: the least) among
the rows for which p_watermark_filter holds; p_watermark_function: than what this function without arguments returns.
p_action drop_partition: partitions that are older than the cutoff as a whole go at once, and p_partition says where to:
drop, keep (detached, a table of its own) or move (to schema p_partition_schema); with drop, the expired rows of the
others go by batches. p_search_path: schemas in which triggers and other code of the application look for names while
rows go, and when they come back from an archive. p_partition_first: before a partition is dropped, its rows go to the
archive of the table (archive) or to files (export: it is detached, and pydb archive export does the rest).
p_windows: names of the windows (pydb.window_set) in which it runs, {} = at any time, left out = those of its kind.
p_max_wal: a run whose batches took so much WAL (1 GB) ends. p_catch_up_after: when it is longer ago than that that a
run left nothing, runs follow p_catch_up_windows, p_catch_up_max_rows, p_catch_up_max_runtime, p_catch_up_max_wal and
p_catch_up_rows_per_second, each in place of its namesake where it is given. Rules for single rows, the most specific
wins: p_keep_column, a column of the table (an interval, or a whole number of days; null: the next rule); p_keep_table,
p_keep_by, p_keep_key, p_keep_value: a mapping table, columns of the table, those of a unique key of the mapping that
equal them, and its column that says how long (null: for ever; no row: p_keep). Longer than 5000 years is for ever.
p_keep_floor: no rule goes below it (default: the lesser of p_keep and min_keep). p_keep_last, p_keep_last_by: the
newest rows of each group, by time, then primary key; p_combine and: a row goes when it expired and is not among them;
or: when it expired, or is older than the floor and not among them. Arguments left out return to their defaults.';

revoke all on function pydb.retention_policy_set(
    text, regclass, name, interval, text, text, text, text, text, interval, bigint, interval, integer, bigint, numeric,
    text, boolean, boolean, text, boolean, boolean, boolean, regclass, name, text, text, text,
    text, name, name[], text, text[], text, interval, text[], bigint, interval, text, integer,
    name, regclass, name[], name[], name, interval, integer, name[], text
) from public;
