-- pydb_internal.orphan_part_enter (check; by orphan_check): note what was met in a part of a reference.
-- writes pydb.orphan_part   locks rows that it deletes; passes over those that somebody else holds
-- raises nothing
create or replace function pydb_internal.orphan_part_enter(
    p_reference text,
    p_part text,
    p_orphans bigint,
    p_sample jsonb
)
returns void
language plpgsql
security definer -- who may look needs no right on the table
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_setting('transaction_isolation') = 'read committed' then
        delete from pydb.orphan_part as q
        where q.ctid = any(array(
            select o.ctid from pydb.orphan_part as o
            where o.reference = p_reference and o.part = p_part
            for update skip locked
        ));
    end if;
    -- nothing where nothing is left: the older rows are gone, or say so until a scan comes
    if p_orphans > 0 then
        insert into pydb.orphan_part (reference, part, orphans, sample)
        values (p_reference, p_part, p_orphans, p_sample);
    end if;
end
$$;

comment on function pydb_internal.orphan_part_enter(text, text, bigint, jsonb) is
'Replaces what pydb.orphan_part says of a part by what was counted now.';

revoke all on function pydb_internal.orphan_part_enter(text, text, bigint, jsonb) from public;
