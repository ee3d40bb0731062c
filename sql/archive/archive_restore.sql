-- pydb.archive_restore: put back what a run took, parents first, in the caller's transaction.
-- writes the tables, their archives, pydb.archive_run, pydb.job_run, pydb.audit_log   locks what it writes
-- raises YD001 YD005 YD007 YD015 YD307 YD604 YD605, 42501, and what triggers raise
create or replace function pydb.archive_restore(
    p_run_id bigint,
    p_dry_run boolean default false,
    p_on_conflict text default 'stop',
    p_key jsonb default null,
    p_table regclass default null,
    p_allow_triggers boolean default false,
    p_max_rows bigint default null,
    p_request uuid default null
)
returns setof pydb.archive_step
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set jit = off
as $$
declare
    v_started constant timestamptz := clock_timestamp();
    v_parts pydb_internal.archive_part[];
    v_steps pydb.archive_step[];
    v_restore bigint;
    v_is_rehearsed boolean := false; -- a variable is not rolled back
begin
    perform pydb_internal.run_check_read_write();
    perform pydb_internal.archive_check_restore(p_run_id, p_on_conflict, p_max_rows);
    -- two at once: the second waits, and finds what the first has left
    perform pg_advisory_xact_lock(hashtextextended('pydb.archive_run', p_run_id));
    begin
        v_restore := pydb_internal.run_open_within('archive_restore', format('run %s', p_run_id), p_request);
        v_parts := pydb_internal.archive_parts(p_run_id);
        perform pydb_internal.relation_check_names(array(
            select distinct n.relation
            from unnest(v_parts) as p
            cross join unnest(pydb_internal.reference_named(p.source)) as n (relation)
        ));
        if p_key is not null then
            v_parts := pydb_internal.archive_select(v_parts, p_table, p_key);
        end if;
        v_steps := pydb_internal.archive_restore_rows(
            v_restore, v_parts, case when p_dry_run then 'skip' else p_on_conflict end, p_max_rows, p_dry_run
        );
        if p_dry_run then
            v_is_rehearsed := true;
            raise exception using errcode = 'YD605', message = 'rehearsed',
                detail = 'This takes the rows out again.', hint = 'It is caught below.';
        elsif not p_allow_triggers and exists (
            select from unnest(v_steps) as s where s.restored > 0 and 'trigger' = any(s.codes)
        ) then
            raise exception using errcode = 'YD605', message = 'triggers run on what comes back',
                detail = format('Tables: %s. Nothing was put back.', (
                    select string_agg(s.relation, ', ') from unnest(v_steps) as s where 'trigger' = any(s.codes)
                )),
                hint = 'p_allow_triggers => true lets them run, as for an INSERT of the application; or disable them.';
        end if;
        perform pydb_internal.run_log_done(
            'archive', format('run %s', p_run_id),
            (select coalesce(sum(s.restored), 0) from unnest(v_steps) as s)::bigint,
            (select coalesce(sum(s.conflicts), 0) from unnest(v_steps) as s)::bigint, false, v_started, p_request,
            jsonb_strip_nulls(jsonb_build_object(
                'relations', (select jsonb_object_agg(s.relation, s.restored) from unnest(v_steps) as s)
            )), 'archive_restore', jsonb_strip_nulls(jsonb_build_object(
                'run', p_run_id, 'key', p_key, 'on_conflict', p_on_conflict,
                'relations', (select jsonb_object_agg(s.relation, s.restored) from unnest(v_steps) as s)
            )), v_restore
        );
    exception when sqlstate 'YD605' then
        if not v_is_rehearsed then
            raise;
        end if;
    end;
    return query select s.* from unnest(v_steps) as s;
end
$$;

comment on function pydb.archive_restore(bigint, boolean, text, jsonb, regclass, boolean, bigint, uuid) is
'Puts back the rows that a run deleted and archived, in one transaction: parents before what references them, tables
that reference each other in one statement, identity columns as they were, generated ones computed, columns that were
added since by their default. One row a table: how many went back, and which cannot, each with code, key and constraint.
What went back is no longer in the archive, so a second call finds the rest. p_on_conflict: stop (YD605 at the first,
nothing is put back) or skip (they stay in the archive). p_key: only the rows of p_table (null: the uppermost) with
these
values, and what references them among the archived: {"id": 42}. p_max_rows: at most so many, for a caller that calls
until nothing is left. Triggers of the tables run, as for an INSERT of the application: without p_allow_triggers a
restore that would run some is refused. References that were set to null or default when the rows went are not set back.
It runs with the rights of the caller: INSERT on the tables, SELECT and DELETE on the archives. p_dry_run does the same
and takes it back.';

revoke all on function pydb.archive_restore(bigint, boolean, text, jsonb, regclass, boolean, bigint, uuid)
    from public;
