-- pydb_internal.hold_shut (gate): wait until no batch is at work, and let none begin before the caller has committed;
-- what was laid out is laid out anew.
-- writes pydb_internal.hold_gate   locks it (share row exclusive)
-- raises YD705
create or replace function pydb_internal.hold_shut(p_is_strict boolean)
returns void
language plpgsql -- as the owner: hold_store and hold_release_store are
set search_path = pg_catalog, pg_temp
as $$
declare
    v_patience constant text := current_setting('lock_timeout');
    v_until constant timestamptz := clock_timestamp() + nullif(v_patience::interval, '0'); -- null = without an end
    v_try integer := 128; -- milliseconds
begin
    loop
        begin
            -- whoever comes to delete queues up behind who waits here: so again and again, and not for as long as one
            -- delete lasts
            perform set_config('lock_timeout', greatest(1, ceil(least(
                v_try, extract(epoch from v_until - clock_timestamp()) * 1000
            )))::text, true);
            if p_is_strict then
                lock table pydb_internal.hold_gate in share row exclusive mode;
            end if;
            update pydb_internal.hold_gate as g
            set generation = g.generation + 1, holds = (
                select count(*) from pydb.hold as h where h.released_at is null and h.overrides is null
            );
            perform set_config('lock_timeout', v_patience, true);
            return;
        exception when lock_not_available then
            if clock_timestamp() >= v_until then
                raise exception using errcode = 'YD705', message = 'the hold was not placed: a delete is at work',
                    detail = coalesce('Transactions that delete and have not ended: process ' || (
                        select string_agg(l.pid::text, ', ' order by l.pid)
                        from pg_locks as l
                        where l.relation = 'pydb_internal.hold_gate'::regclass and l.granted
                            and l.pid <> pg_backend_pid()
                    ) || '.', 'It has ended by now.'),
                    hint = 'set lock_timeout = ''60s''; then place it again.';
            end if;
        end;
        perform pydb_internal.clock_wait(v_until, v_try * interval '1 ms');
        v_try := least(2 * v_try, 2048); -- longer than a batch lasts
    end loop;
end
$$;

comment on function pydb_internal.hold_shut(boolean) is
'Notes that holds have changed. p_is_strict: only when every transaction that has gone through the gate has ended, which
lock_timeout bounds; until then who deletes waits for two seconds at most.';

revoke all on function pydb_internal.hold_shut(boolean) from public;
