-- pydb_internal.retention_partition_store (partition): note what becomes of a partition, in the transaction that does
-- it; what came to its end is in the log of its run and in the audit log.
-- reads and writes pydb.retention_partition, pydb.job_run, pydb_internal.draft   writes pydb.audit_log   locks the rows
-- raises YD005
create or replace function pydb_internal.retention_partition_store(p_draft bigint)
returns boolean
language plpgsql
security definer -- the table is writable through this function alone
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('retention_partition', p_draft);
    v_new pydb.retention_partition := jsonb_populate_record(null::pydb.retention_partition, v_draft.content);
    v_is_end constant boolean := v_new.state not in ('detaching', 'detached');
    v_old pydb.retention_partition;
begin
    if v_new.run_id is not null and not ((
        pydb_internal.run_is_own(v_new.run_id, 'retention') or pydb_internal.run_is_own(v_new.run_id, 'export')
    ) and exists (
        select 1 from pydb.job_run as r where r.id = v_new.run_id and r.subject = v_new.policy
    )) or (v_is_end and v_new.run_id is null) then
        raise exception using errcode = 'YD005', message = format('run %s is none of this session', v_new.run_id),
            detail = format('Partition %s, policy %s.', v_new.name, v_new.policy),
            hint = format('call pydb.retention_run(%L);', v_new.policy);
    end if;
    -- what somebody else took over meanwhile is none of our business any more
    update pydb.retention_partition as r
    set state = 'lost', ended_at = clock_timestamp()
    where r.policy = v_new.policy and r.ended_at is null and r.partition <> v_new.partition and not exists (
        select 1
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        where c.oid = r.partition and r.name = format('%I.%I', n.nspname, c.relname)
    );
    select r.* into v_old from pydb.retention_partition as r
    where r.partition = v_new.partition and r.ended_at is null for update;
    if not found and v_new.parent is null then
        raise exception using errcode = 'YD005', message = format('%s was not detached by a policy', v_new.name),
            detail = 'Only what a policy took out of its table is brought to its end.', hint = '\d ' || v_new.name;
    elsif found and v_new.state = 'detaching' then
        return false; -- another call is at it
    elsif found then
        update pydb.retention_partition as r
        set state = v_new.state, rows = coalesce(
                v_new.rows, case when v_is_end then coalesce(r.rows_saved, 0) + v_new.rows_saved end, r.rows
            ),
            is_exact = coalesce(v_new.is_exact, case when v_is_end then v_new.rows_saved >= 0 end, r.is_exact),
            moved_to = v_new.moved_to, run_id = v_new.run_id, ended_at = case when v_is_end then clock_timestamp() end,
            rows_saved = coalesce(r.rows_saved + coalesce(v_new.rows_saved, 0), v_new.rows_saved)
        where r.id = v_old.id
        returning r.* into v_new;
    else
        insert into pydb.retention_partition (
            policy, partition, name, parent, lower_bound, upper_bound, state, rows, is_exact, moved_to, run_id, request,
            ended_at
        )
        values (
            v_new.policy, v_new.partition, v_new.name, v_new.parent, v_new.lower_bound, v_new.upper_bound, v_new.state,
            v_new.rows, v_new.is_exact, v_new.moved_to, v_new.run_id, v_new.request,
            case when v_is_end then clock_timestamp() end
        );
    end if;
    if v_is_end then
        update pydb.job_run as r
        set detail = r.detail || jsonb_build_object('partitions', coalesce(r.detail -> 'partitions', '{}')
            || jsonb_build_object(v_new.name, jsonb_build_object(
                'state', v_new.state, 'rows', v_new.rows, 'is_exact', v_new.is_exact
            ) || jsonb_strip_nulls(jsonb_build_object('rows_saved', v_new.rows_saved))))
        where r.id = v_new.run_id;
        perform pydb_internal.audit_add('retention_partition', v_new.policy, jsonb_strip_nulls(jsonb_build_object(
            'partition', v_new.name, 'state', v_new.state, 'rows', v_new.rows, 'is_exact', v_new.is_exact,
            'rows_saved', v_new.rows_saved, 'moved_to', v_new.moved_to,
            'lower_bound', coalesce(v_new.lower_bound, v_old.lower_bound),
            'upper_bound', coalesce(v_new.upper_bound, v_old.upper_bound)
        )), v_new.run_id);
    end if;
    return true;
end
$$;

comment on function pydb_internal.retention_partition_store(bigint) is
'Stores a checked draft of pydb.retention_partition; false where it was to begin what is begun already. An end (dropped,
kept, moved) belongs to a live run of this process.';

revoke all on function pydb_internal.retention_partition_store(bigint) from public;
