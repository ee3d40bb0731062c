-- pydb_internal.cascade_purge_late (purge; by cascade_turn): before live rows of a job go for good: copies that have
-- come since it looked for them. They are found by these rows, so afterwards nobody would find them.
-- reads the root and what references it, the archives, pydb.orphan_quarantine   writes nothing
-- locks the archives and pydb.archive_table (share row exclusive)
-- raises 55P03 YD003 YD004 YD005 YD103 YD114 YD301 YD302 YD304 YD602
create or replace function pydb_internal.cascade_purge_late(
    p_run_id bigint,
    p_work pydb_internal.cascade_work,
    out mark text,
    out parts pydb_internal.run_part[]
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- none comes from here to the commit; most of the time none has come
    mark := pydb_internal.archive_shut(p_run_id, p_work.sources);
    parts := case
        when mark is distinct from p_work.mark then pydb_internal.cascade_purge_parts(p_work)
        else '{}'::pydb_internal.run_part[]
    end;
end
$$;

comment on function pydb_internal.cascade_purge_late(bigint, pydb_internal.cascade_work) is
'Lets nobody archive rows of the tables of a job up to the end of the transaction; the copies that are to go before its
live rows, as cascade_purge_parts has them, and what pydb_internal.archive_mark says now.';

revoke all on function pydb_internal.cascade_purge_late(bigint, pydb_internal.cascade_work) from public;
