-- pydb_internal.orphan_part_clear (scan; by orphan_store_result): forget what was met in parts of a reference: a scan
-- of the whole has seen it again, or it is gone.
-- reads pydb.orphan_finding   writes pydb.orphan_part   locks the rows that it deletes; passes over those of others
-- raises nothing
create or replace function pydb_internal.orphan_part_clear(p_reference text)
returns void
language plpgsql
security definer -- takes away only what is older than a whole scan, which does not count any more
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        return;
    end if;
    delete from pydb.orphan_part as q
    where q.ctid = any(array(
        select o.ctid
        from pydb.orphan_part as o
        inner join pydb.orphan_finding as f on f.reference = o.reference
        where o.reference = p_reference and o.checked_at < f.scanned_at
        for update of o skip locked
    ));
end
$$;

comment on function pydb_internal.orphan_part_clear(text) is
'Deletes the rows of pydb.orphan_part that are older than the last whole scan of the reference.';

revoke all on function pydb_internal.orphan_part_clear(text) from public;
