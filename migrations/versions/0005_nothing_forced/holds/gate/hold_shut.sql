-- pydb_internal.hold_shut (gate): wait until no batch is at work, and let none begin before the caller has committed;
-- what was laid out is laid out anew.
-- writes pydb_internal.hold_gate   locks it (share row exclusive)
-- raises YD705
create or replace function pydb_internal.hold_shut(p_is_strict boolean)
returns void
language plpgsql -- as the owner: hold_store and hold_release_store are
set search_path = pg_catalog, pg_temp
as $$
begin
    begin
        if p_is_strict then
            lock table pydb_internal.hold_gate in share row exclusive mode;
        end if;
        update pydb_internal.hold_gate as g
        set generation = g.generation + 1, holds = (
            select count(*) from pydb.hold as h where h.released_at is null and h.overrides is null
        );
    exception when lock_not_available then
        raise exception using errcode = 'YD705', message = 'the hold was not placed: a delete is at work',
            detail = coalesce('Transactions that delete and have not ended: process ' || (
                select string_agg(l.pid::text, ', ' order by l.pid)
                from pg_locks as l
                where l.relation = 'pydb_internal.hold_gate'::regclass and l.granted and l.pid <> pg_backend_pid()
            ) || '.', 'It has ended by now.'),
            hint = 'set lock_timeout = ''60s''; then place it again.';
    end;
end
$$;

comment on function pydb_internal.hold_shut(boolean) is
'Notes that holds have changed. p_is_strict: only when every transaction that has gone through the gate has ended, which
lock_timeout bounds.';

revoke all on function pydb_internal.hold_shut(boolean) from public;
