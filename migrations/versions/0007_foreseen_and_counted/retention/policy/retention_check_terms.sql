-- pydb_internal.retention_check_terms (policy; by retention_policy_vet): refuse choices that do not exist and bounds
-- that are out of bounds.
-- reads the catalog   writes nothing   locks nothing
-- raises YD001 YD108 YD109
create or replace function pydb_internal.retention_check_terms(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_choice record;
    v_bound text;
begin
    for v_choice in
        select u.* from (
            values
            (
                'p_action', p_policy.action, array['delete', 'archive', 'export', 'drop_partition'], array['nullify']
            ),
            ('p_on_referenced', p_policy.on_referenced, array['skip', 'error', 'cascade'], array[]::text[]),
            ('p_strategy', p_policy.strategy, array['auto', 'heap', 'index'], array['partition'])
        ) as u (argument, value, good, reserved)
    loop
        if v_choice.value = any(v_choice.reserved) then
            raise exception using errcode = 'YD108',
                message = format('%s => %L is not available', v_choice.argument, v_choice.value),
                detail = 'The name is reserved; this version does not do it.',
                hint = format('%s => ''%s''', v_choice.argument, array_to_string(v_choice.good, ''' or '''));
        elsif v_choice.value is null or v_choice.value <> all(v_choice.good) then
            raise exception using errcode = 'YD001',
                message = format('%s cannot be %L', v_choice.argument, v_choice.value),
                detail = format('It is one of %s.', array_to_string(v_choice.good, ', ')),
                hint = format('%s => ''%s''', v_choice.argument, array_to_string(v_choice.good, ''' or '''));
        end if;
    end loop;
    v_bound := case
        when p_policy.batch_target not between interval '10 ms' and interval '60 s'
            then format('p_batch_target is %s, it must be 10 ms to 60 s', p_policy.batch_target)
        when p_policy.max_rows < 1 then format('p_max_rows is %s, it must be at least 1', p_policy.max_rows)
        when p_policy.max_runtime <= interval '0'
            then format('p_max_runtime is %s, it must be positive', p_policy.max_runtime)
        when p_policy.rows_per_second < 1
            then format('p_rows_per_second is %s, it must be at least 1', p_policy.rows_per_second)
        when p_policy.fuse_rows < 1 then format('p_fuse_rows is %s, it must be at least 1', p_policy.fuse_rows)
        when p_policy.fuse_share is null or p_policy.fuse_share <= 0 or p_policy.fuse_share > 1
            then format(
                'p_fuse_share is %s, it must be above 0 and at most 1', coalesce(p_policy.fuse_share::text, 'null')
            )
    end;
    if v_bound is not null then
        raise exception using errcode = 'YD109', message = format('policy %s is out of bounds', p_policy.name),
            detail = v_bound || '.', hint = 'Leave the argument out for its default.';
    elsif num_nulls(p_policy.enabled, p_policy.expire_minus_infinity, p_policy.expire_implausible) > 0 then
        raise exception using errcode = 'YD001',
            message = 'p_enabled, p_expire_minus_infinity and p_expire_implausible take true or false',
            detail = 'One of them is null.', hint = 'Leave the argument out for its default.';
    elsif p_policy.action = 'export' and p_policy.schedule is not null then
        raise exception using errcode = 'YD108', message = 'a policy that exports has no schedule in the server',
            detail = 'Files are written by a command beside it.',
            hint = 'Leave p_schedule out; a timer of the machine runs: '
                || pydb_internal.shell_command('pydb archive export', array[p_policy.name], '--to DIRECTORY');
    elsif p_policy.strategy = 'index' and not exists (
        select 1 from pydb_internal.retention_leaves(p_policy.target) as l
        where pydb_internal.retention_time_index(l.relation, p_policy.time_column) is not null
    ) then
        raise exception using errcode = 'YD108', message = 'strategy index needs an index',
            detail = format('No index of %s leads with %I.', p_policy.target_name, p_policy.time_column),
            hint = format('create index concurrently on %s (%I);', p_policy.target_name, p_policy.time_column);
    end if;
end
$$;

comment on function pydb_internal.retention_check_terms(pydb.retention_policy) is
'Raises YD001 for an unknown choice, YD108 for one that this version lacks, YD109 for a bound that is out of bounds.';

revoke all on function pydb_internal.retention_check_terms(pydb.retention_policy) from public;
