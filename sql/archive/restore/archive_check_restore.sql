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
begin
    if p_max_rows < 1 then
        raise exception using errcode = 'YD001', message = 'p_max_rows must be positive',
            detail = format('p_max_rows is %s.', p_max_rows), hint = 'p_max_rows => 50000, or left out.';
    elsif not current_setting('track_counts')::boolean then
        raise exception using errcode = 'YD307', message = 'track_counts is off',
            detail = 'What is deleted and inserted is counted by it.', hint = 'set track_counts = on;';
    elsif not exists (select from pydb.archive_run as a where a.run_id = p_run_id) then
        raise exception using errcode = 'YD604',
            message = format('run %s has archived nothing', coalesce(p_run_id::text, 'null')),
            detail = 'Only what a run put into an archive can be brought back.',
            hint = 'select * from pydb.archive_list order by run_id desc limit 10;';
    end if;
    perform pydb_internal.archive_check_back(array(
        select t.source::oid
        from pydb.archive_run as a
        inner join pydb.archive_table as t on t.archive = a.archive
        where a.run_id = p_run_id
    ), p_on_conflict);
end
$$;

comment on function pydb_internal.archive_check_restore(bigint, text, bigint) is
'Raises what is wrong with the arguments of a restore or with the session, YD604 where the run archived nothing, 42501
where row-level security would hide what comes back.';

revoke all on function pydb_internal.archive_check_restore(bigint, text, bigint) from public;
