-- pydb_internal.erasure_finish (ledger; by cascade_log): say in the ledger what a delete of this transaction did.
-- reads pydb.job_run   writes pydb.erasure   locks the row
-- raises YD901
create or replace function pydb_internal.erasure_finish(p_id uuid, p_run bigint, p_remaining bigint)
returns void
language plpgsql
security definer -- the ledger is written by its routines alone
set search_path = pg_catalog, pg_temp
as $$
begin
    update pydb.erasure as e
    set state = case when p_remaining = 0 and r.state = 'completed' then 'completed' else e.state end,
        finished_at = case when p_remaining = 0 and r.state = 'completed' then clock_timestamp() end,
        run_ids = array[p_run], rows_done = r.rows_done, relations = coalesce(r.detail -> 'relations', '{}'),
        remaining = p_remaining, rescanned_at = clock_timestamp()
    from pydb.job_run as r
    -- both rows are of this transaction: nobody ends the erasure of another, or by another run
    where e.id = p_id and e.state = 'started' and e.job is null and e.started_at >= now() and e.run_ids = '{}'
        and r.id = p_run and r.kind = 'cascade' and r.pid = pg_backend_pid() and r.finished_at >= now();
    if not found then
        raise exception using errcode = 'YD901', message = 'this is no erasure of this transaction',
            detail = format('Erasure %s, run %s.', p_id, p_run), hint = 'pydb migrate check';
    end if;
end
$$;

comment on function pydb_internal.erasure_finish(uuid, bigint, bigint) is
'Completes an erasure of this transaction with what its run deleted; it stays started where rows remain or were kept.';

revoke all on function pydb_internal.erasure_finish(uuid, bigint, bigint) from public;
