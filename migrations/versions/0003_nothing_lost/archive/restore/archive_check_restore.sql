-- pydb_internal.archive_check_restore (restore; by archive_restore): refuse what cannot be restored as asked.
-- reads pydb.archive_run, the catalog   writes nothing   locks nothing
-- raises YD001 YD307 YD604, 42501 under row-level security
create or replace function pydb_internal.archive_check_restore(
    p_run_id bigint,
    p_on_conflict text,
    p_max_rows bigint
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text;
begin
    if p_on_conflict is null or p_on_conflict not in ('stop', 'skip') or p_max_rows < 1 then
        raise exception using errcode = 'YD001', message = 'p_on_conflict or p_max_rows cannot be what it is',
            detail = format('p_on_conflict is %L, p_max_rows is %s.', p_on_conflict, p_max_rows),
            hint = 'p_on_conflict => ''stop'' or ''skip''; p_max_rows => 50000, or left out.';
    elsif current_setting('session_replication_role') = 'replica' then
        raise exception using errcode = 'YD001', message = 'session_replication_role is replica',
            detail = 'Foreign keys and triggers are off in this session: what comes back would not be checked.',
            hint = 'set session_replication_role = origin;';
    elsif not current_setting('track_counts')::boolean then
        raise exception using errcode = 'YD307', message = 'track_counts is off',
            detail = 'What is deleted and inserted is counted by it.', hint = 'set track_counts = on;';
    elsif not exists (select from pydb.archive_run as a where a.run_id = p_run_id) then
        raise exception using errcode = 'YD604',
            message = format('run %s has archived nothing', coalesce(p_run_id::text, 'null')),
            detail = 'Only what a run put into an archive can be brought back.',
            hint = 'select * from pydb.archive_list order by run_id desc limit 10;';
    end if;
    select pydb_internal.relation_name(c.oid) into v_name
    from pydb.archive_run as a
    inner join pydb.archive_table as t on t.archive = a.archive
    inner join pg_class as c on c.oid = t.source
    where a.run_id = p_run_id and row_security_active(c.oid)
    limit 1;
    if v_name is not null then
        raise exception using errcode = '42501', message = format('row-level security is active on %s', v_name),
            detail = format('It could keep %I from writing or seeing what comes back.', current_user),
            hint = format('alter role %I bypassrls;', current_user);
    end if;
end
$$;

comment on function pydb_internal.archive_check_restore(bigint, text, bigint) is
'Raises what is wrong with the arguments of a restore or with the session, YD604 where the run archived nothing, 42501
where row-level security would hide what comes back.';

revoke all on function pydb_internal.archive_check_restore(bigint, text, bigint) from public;
