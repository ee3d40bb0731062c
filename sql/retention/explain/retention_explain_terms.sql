-- pydb_internal.retention_explain_terms (explain; by retention_policy_explain): what becomes of the rows, and within
-- which bounds: action, references, strategy, budgets, fuse.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_explain_terms(p_policy pydb.retention_policy)
returns setof pydb_internal.retention_aspect
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        u.aspect, case when u.value is null then 'off' else 'ok' end, u.value, null::timestamptz,
        case when u.value is null then u.unset else u.meaning end, null::text
    from (
        values
        ('action', p_policy.action, case p_policy.action
            when 'delete' then 'rows are deleted for good, in batches that are committed one by one'
            when 'archive' then 'rows go to an archive table in the statement that deletes them; they can be restored'
            when 'export' then 'rows go to files, which are read back and verified before the last copy is deleted'
            when 'drop_partition' then format('partitions that expired as a whole are detached and %s', case
                p_policy.partition when 'keep' then 'kept' when 'move' then 'moved' else case p_policy.partition_first
                    when 'archive' then 'dropped, their rows archived first'
                    when 'export' then 'dropped, their rows exported to files first' else 'dropped' end end)
            else 'see the page about retention' end, null),
        ('on_referenced', p_policy.on_referenced, case p_policy.on_referenced
            when 'skip' then 'rows that other rows reference stay, and are counted'
            when 'error' then 'rows that other rows reference block the whole run'
            else 'what references them goes too, whatever its own age' end, null),
        ('search_path', pydb_internal.application_path_text(p_policy.search_path),
            'where triggers and other code of the application look for names',
            'triggers look for names as in a new session of the role that runs'),
        ('strategy', p_policy.strategy, 'how a table is walked; a plan says why', null),
        ('batch_target', coalesce(p_policy.batch_target::text, pydb_internal.setting_get(p_name => 'batch_target')),
            case when p_policy.batch_target is null then 'the time one batch aims for, by the setting batch_target'
            else 'the time one batch aims for' end, null),
        ('max_rows', p_policy.max_rows::text, 'a run that deleted so many ends as partial, the next one goes on',
            'no bound: a run takes all that is due'),
        ('max_runtime', p_policy.max_runtime::text, 'a run of that length ends as partial, the next one goes on',
            'no bound: a run works until it is through'),
        ('max_wal', pg_size_pretty(p_policy.max_wal), 'a run whose batches took so much WAL ends as partial, the next '
            'one goes on', 'no bound'),
        ('rows_per_second', p_policy.rows_per_second::text, 'by pauses between batches', 'no pauses'),
        ('fuse_rows', p_policy.fuse_rows::text, 'a run that would take more rows is blocked', 'no bound'),
        ('fuse_share', case when p_policy.fuse_share < 1
            then round(p_policy.fuse_share * 100, 1) || ' %' end,
            'a run that would take a larger share of the table is blocked', 'a run may take all of the table')
    ) as u (aspect, value, meaning, unset);
end
$$;

comment on function pydb_internal.retention_explain_terms(pydb.retention_policy) is
'Rows of retention_policy_explain about what a run does with expired rows, and about its budgets and its fuse.';

revoke all on function pydb_internal.retention_explain_terms(pydb.retention_policy) from public;
