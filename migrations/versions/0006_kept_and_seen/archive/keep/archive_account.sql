-- pydb_internal.archive_account (keep): add what a batch has archived to the books of its run.
-- writes pydb.archive_run   locks the run's rows there
-- raises YD005
create or replace function pydb_internal.archive_account(
    p_run_id bigint,
    p_relation oid,
    p_rows bigint,
    p_deleted bigint default null,
    p_relations numeric default null
)
returns void
language plpgsql
security definer -- nobody else writes what archives hold
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question at each batch
as $$
begin
    update pydb.archive_run as a
    set rows = a.rows + p_rows, last_at = clock_timestamp(),
        to_block = pg_relation_size(t.archive) / current_setting('block_size')::bigint,
        deleted = p_deleted, relations = p_relations
    from pydb.archive_table as t
    where a.run_id = p_run_id and t.archive = a.archive and t.source = pydb_internal.archive_top(p_relation)
        and p_rows >= 0
        and pydb_internal.archive_is_filled_by(p_run_id);
    if not found then
        raise exception using errcode = 'YD005', message = format('run %s archives nothing', p_run_id),
            detail = 'It is no live run of this process that deletes.', hint = 'psql: \df pydb.archive*';
    end if;
end
$$;

comment on function pydb_internal.archive_account(bigint, oid, bigint, bigint, numeric) is
'Adds rows to what a live run of this process has put into the archive of a table. p_deleted, p_relations: what
archive_deleted says now, for the next batch.';

revoke all on function pydb_internal.archive_account(bigint, oid, bigint, bigint, numeric) from public;
