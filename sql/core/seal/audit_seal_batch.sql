-- pydb_internal.audit_seal_batch (seal): seal one block of the audit log, as far as nobody can enter anything any more.
-- reads pydb.audit_log, its sequence   writes pydb.audit_seal, pydb.audit_head   locks the row of the head
-- raises nothing
create or replace function pydb_internal.audit_seal_batch(p_limit integer default 1000)
returns bigint
language plpgsql
security definer -- asks nothing of its caller but how many at most; nobody else may write the seals
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    v_last bigint;
    v_next xid8;
    v_open xid8;
    v_is_new boolean;
    v_head pydb.audit_head;
    v_seal pydb.audit_seal;
begin
    if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean
        or current_setting('transaction_isolation') <> 'read committed' -- each look must be a new one
    then
        return 0;
    end if;
    -- In this order. Whoever enters a row has a number of his own first, and then gets its id: so who has an id up to
    -- v_last has a number below v_next, and is through once no number below v_next is at work. (Not the xmax of a
    -- snapshot: that is the one after the last that has ended, and others above it are at work.)
    select case when s.is_called then s.last_value else 0 end into v_last from pydb.audit_log_id_seq as s;
    if v_last <= (select h.to_id from pydb.audit_head as h) then
        return 0;
    end if;
    v_is_new := pg_current_xact_id_if_assigned() is null; -- else its number is older than v_last
    v_next := pg_current_xact_id();
    v_open := pg_snapshot_xmin(pg_current_snapshot());
    select h.* into v_head from pydb.audit_head as h for update skip locked;
    if not found then
        return 0; -- another one is at it
    elsif v_is_new and (v_open >= v_next or v_head.mark_xid > v_next or v_head.mark_id is null) then
        v_head.mark_id := v_last; -- nobody is at work; or the mark is of another server; or there is none
        v_head.mark_xid := v_next;
    end if;
    if v_head.mark_xid <= v_open and v_head.mark_id > v_head.to_id then
        v_seal.from_id := v_head.to_id + 1;
        v_seal.to_id := coalesce((
            select a.id from pydb.audit_log as a
            where a.id between v_seal.from_id and v_head.mark_id
            order by a.id
            offset greatest(p_limit, 1) - 1
            limit 1
        ), v_head.mark_id);
        select
            array_agg(a.id order by a.id), string_agg(pydb_internal.audit_digest(a), ''::bytea order by a.id), count(*)
        into v_seal.ids, v_seal.digests, v_seal.rows
        from pydb.audit_log as a
        where a.id between v_seal.from_id and v_seal.to_id;
    end if;
    if v_seal.rows > 0 then
        v_seal.block := v_head.block + 1;
        v_seal.previous := v_head.hash;
        v_seal.root := pydb_internal.audit_seal_root(v_seal.ids, v_seal.digests);
        v_seal.sealed_at := clock_timestamp();
        v_seal.sealed_by := session_user::text;
        v_seal.hash := pydb_internal.audit_seal_hash(v_seal);
        insert into pydb.audit_seal select v_seal.*;
        v_head.block := v_seal.block;
        v_head.to_id := v_seal.to_id;
        v_head.hash := v_seal.hash;
        v_head.sealed_at := v_seal.sealed_at;
    end if;
    if v_is_new and (v_head.mark_id <= v_head.to_id or (v_head.mark_xid <= v_open and v_seal.rows = 0)) then
        v_head.mark_id := v_last;
        v_head.mark_xid := v_next;
    end if;
    update pydb.audit_head
    set block = v_head.block, to_id = v_head.to_id, hash = v_head.hash, sealed_at = v_head.sealed_at,
        mark_id = v_head.mark_id, mark_xid = v_head.mark_xid
    where is_it and (block, coalesce(mark_id, -1)) is distinct from (v_head.block, coalesce(v_head.mark_id, -1));
    return coalesce(v_seal.rows, 0);
end
$$;

comment on function pydb_internal.audit_seal_batch(integer) is
'Seals up to p_limit rows and returns how many: those whose ids nobody can get any more, for all transactions that were
at work when they were given out have ended. 0 = there is nothing, somebody else is at it, or a transaction is open.';

revoke all on function pydb_internal.audit_seal_batch(integer) from public;
