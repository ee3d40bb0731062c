-- pydb.idempotency_prune: delete expired keys, oldest first, at most so many; never one that somebody works on.
-- reads and deletes from pydb.idempotency_key   locks the rows it deletes; passes over locked ones
-- raises YD007 YD201
create or replace function pydb.idempotency_prune(p_limit integer default null)
returns bigint
language plpgsql
security definer -- the table is writable to nobody; EXECUTE is the right
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer :=
        coalesce(p_limit, pydb_internal.setting_get(p_name => 'idempotency_prune_rows')::integer);
    v_now constant timestamptz := clock_timestamp();
    v_rows bigint;
begin
    perform pydb_internal.run_check_read_write();
    if v_limit not between 1 and 1000000 then
        raise exception using errcode = 'YD201', message = format('%s keys cannot be pruned at once', v_limit),
            detail = 'p_limit is 1 to 1000000.', hint = 'select pydb.idempotency_prune();';
    end if;
    if not (select e.is_any from pydb_internal.hold_enter() as e) then
        delete from pydb.idempotency_key as k
        where k.ctid = any(array(
            select e.ctid
            from pydb.idempotency_key as e
            where e.expires_at < v_now
                and not (e.state = 'pending' and (e.hold or coalesce(e.lease_until, e.expires_at) > v_now))
            order by e.expires_at
            limit v_limit
            for update skip locked
        ));
    else
        execute format(
            'delete from pydb.idempotency_key as k
            where k.ctid = any(array(
                select t.ctid
                from pydb.idempotency_key as t
                where t.expires_at < $1
                    and not (t.state = ''pending'' and (t.hold or coalesce(t.lease_until, t.expires_at) > $1))%s
                order by t.expires_at
                limit $2
                for update skip locked
            ))', pydb_internal.hold_free_condition('pydb.idempotency_key'::regclass)
        ) using v_now, v_limit;
    end if;
    get diagnostics v_rows = row_count;
    return v_rows;
end
$$;

comment on function pydb.idempotency_prune(integer) is
'Deletes at most p_limit expired keys (null = setting idempotency_prune_rows) and returns how many. A pending key stays
while its lease runs, and a held one until it is resolved. Several may run at once.';

revoke all on function pydb.idempotency_prune(integer) from public;
