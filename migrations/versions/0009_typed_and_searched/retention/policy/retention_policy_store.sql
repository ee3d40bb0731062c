-- pydb_internal.retention_policy_store (policy; by retention_policy_set): write a checked policy, under the role
-- that set it; no change, no trace.
-- reads and writes pydb.retention_policy, pydb_internal.draft   writes pydb.schedule_source,
-- pydb.audit_log   locks the policy's row
-- raises YD001 YD005 YD107; warns YD103
create or replace function pydb_internal.retention_policy_store(p_draft bigint)
returns pydb.retention_policy
language plpgsql
security definer -- the table is writable through this function alone
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('retention_policy', p_draft);
    v_given constant pydb.retention_policy := jsonb_populate_record(
        null::pydb.retention_policy, v_draft.content -> 'policy'
    );
    v_old pydb.retention_policy;
    v_new pydb.retention_policy := v_given;
    v_other text;
    v_moved text;
    v_named pydb.seen_column[]; -- of the columns it was about, those whose names it names still
begin
    -- two at once on one table: the second waits, and sees the first
    perform pg_advisory_xact_lock(hashtextextended('pydb.retention_policy', 0));
    select p.* into v_old from pydb.retention_policy as p where p.name = v_given.name for update;
    select p.name into v_other
    from pydb.retention_policy as p
    where p.target = v_given.target and p.name <> v_given.name and p.filter is not distinct from v_given.filter
    order by p.name
    limit 1;
    if v_other is not null then
        raise exception using errcode = 'YD107',
            message = format('policy %s already prunes %s', v_other, v_given.target_name),
            detail = 'Two policies with the same filter would disagree; the shorter keep would win in silence.',
            hint = format('Change %s, give a p_filter, or: select pydb.retention_policy_drop(%L);', v_other, v_other);
    end if;
    v_new.author := v_draft.author;
    v_new.author_role := v_draft.author_role;
    v_new.builtin := coalesce(v_old.builtin, false);
    if v_new.builtin then
        v_new.author := v_old.author;
        v_new.author_role := v_old.author_role;
        v_new.filter := v_old.filter;
        v_new.expiry := v_old.expiry;
        v_new.fuse_share := v_old.fuse_share; -- all of it may have expired
        if v_given.filter is not null or (v_new.target, v_new.time_column, v_new.expire_minus_infinity)
            is distinct from (v_old.target, v_old.time_column, v_old.expire_minus_infinity)
            or num_nonnulls(v_given.watermark_table, v_given.watermark_function) > 0
        then
            raise exception using errcode = 'YD001', message = format('policy %s is pydb''s own', v_given.name),
                detail = format('Its table %s, its time column %I and its filter are fixed, and it has no watermark.',
                    v_old.target_name, v_old.time_column),
                hint = 'Change its keep, schedule or bounds, or choose another name.';
        end if;
    end if;
    v_new.created_at := coalesce(v_old.created_at, now());
    v_new.updated_at := coalesce(v_old.updated_at, now());
    v_new.version := coalesce(v_old.version, 1);
    v_new.paused_at := v_old.paused_at;
    v_new.paused_by := v_old.paused_by;
    v_new.paused_reason := v_old.paused_reason;
    v_named := array(select s from unnest(v_old.columns_seen) as s
        inner join unnest(v_new.columns_seen) as n on n.place = s.place and n.name = s.name);
    v_moved := coalesce(
        pydb_internal.column_moved_problem(v_old.target, v_named, 1),
        pydb_internal.column_moved_problem(v_old.keep_table, v_named, 2),
        pydb_internal.column_moved_problem(v_old.watermark_table, v_named, 3)
    );
    if v_moved is not null then
        raise warning using errcode = 'YD103',
            message = format('policy %s was about another column: %s', v_new.name, v_moved),
            detail = 'From now on it is about the columns that have these names now.',
            hint = pydb_internal.shell_command('pydb retention plan', array[v_new.name]);
    elsif v_old.name is not null then
        v_old.columns_seen := v_new.columns_seen; -- the same ones, by other numbers after a restore from a dump
    end if;
    -- an interval equals another of the same length on paper: 30 days = 1 month, but it is not the same keep
    if v_new is not distinct from v_old and v_new.keep::text = v_old.keep::text
        and v_new.keep_floor::text is not distinct from v_old.keep_floor::text
    then
        update pydb.retention_policy as p set columns_seen = v_new.columns_seen
        where p.name = v_new.name and p.columns_seen is distinct from v_new.columns_seen;
        return v_old;
    end if;
    v_new.updated_at := now();
    v_new.version := v_new.version + (v_old.name is not null)::integer;
    delete from pydb.retention_policy as p where p.name = v_new.name;
    insert into pydb.retention_policy select v_new.*;
    perform pydb_internal.guard_request(
        'policy', v_new.name, pydb_internal.retention_version(v_new), pydb_internal.retention_shape(v_new), v_draft
    );
    perform pydb_internal.audit_add('retention_policy_set', v_new.name, jsonb_build_object(
        'old', to_jsonb(v_old), 'new', to_jsonb(v_new), 'allow_short', v_draft.content -> 'allow_short'
    ), null);
    if 'archive' in (v_new.action, v_new.partition_first) then
        perform pydb_internal.archive_schedule();
    end if;
    if v_old.action = 'export' and v_new.action <> 'export' then
        perform pydb_internal.archive_export_release(v_new.name);
    end if;
    return v_new;
end
$$;

comment on function pydb_internal.retention_policy_store(bigint) is
'Stores a policy whose draft was checked in this transaction; YD107 if another one prunes the same rows, YD001 if it
would make another one of a built-in policy.';

revoke all on function pydb_internal.retention_policy_store(bigint) from public;
