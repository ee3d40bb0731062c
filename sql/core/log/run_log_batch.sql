-- pydb_internal.run_log_batch (log): add one batch to a run's row, in the batch's own transaction, so that log and
-- effect commit together.
-- writes pydb.job_run   locks the run's row
-- raises YD901, YD110 where the run is no longer running: somebody took it for dead, so the batch must not be committed
create or replace function pydb_internal.run_log_batch(
    p_run_id bigint,
    p_rows_done bigint,
    p_batches integer,
    p_detail jsonb,
    p_counts jsonb default null,
    p_wal bigint default null
)
returns void
language plpgsql
security definer -- see pydb_internal.run_open
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_rows_done < 0 or p_batches < 0 then
        raise exception using errcode = 'YD901', message = format('a batch of run %s takes nothing back', p_run_id),
            detail = format('%s rows, %s batches.', p_rows_done, p_batches), hint = 'pydb migrate check';
    end if;
    update pydb.job_run as r
    set rows_done = r.rows_done + p_rows_done, batches = r.batches + p_batches,
        heartbeat_at = clock_timestamp(), wal_bytes = greatest(r.wal_bytes, p_wal),
        detail = r.detail || coalesce(p_detail, '{}') || case
            when p_counts is null then '{}'
            else jsonb_build_object('cascaded', (
                select jsonb_object_agg(u.key, u.rows)
                from (
                    select c.key, sum(c.value::bigint) as rows
                    from (
                        select * from jsonb_each_text(r.detail -> 'cascaded')
                        union all
                        select * from jsonb_each_text(p_counts)
                    ) as c
                    group by c.key
                ) as u
            ))
        end
    where r.id = p_run_id and r.state = 'running' and r.pid = pg_backend_pid();
    if not found then
        raise exception using errcode = 'YD110',
            message = format('run %s has been closed by another session', p_run_id),
            detail = 'It was silent for longer than stale_after and was taken for dead; the batch was rolled back.',
            hint = 'select pydb.setting_set(''stale_after'', ''1 hour'');';
    end if;
end
$$;

comment on function pydb_internal.run_log_batch(bigint, bigint, integer, jsonb, jsonb, bigint) is
'Adds rows and batches to a running run, renews its heartbeat and merges p_detail into its detail,
where p_counts is added up as cascaded, and notes the WAL of all its batches so far; YD110 if the run is
no longer running.';

revoke all on function pydb_internal.run_log_batch(bigint, bigint, integer, jsonb, jsonb, bigint) from public;
