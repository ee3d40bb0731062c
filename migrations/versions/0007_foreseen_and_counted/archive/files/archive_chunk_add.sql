-- pydb_internal.archive_chunk_add (files; for pydb/archive/pieces.py): name rows of a file that may be deleted, in the
-- transaction that entered it.
-- writes pydb_internal.archive_chunk   locks nothing
-- raises YD005
create or replace function pydb_internal.archive_chunk_add(
    p_manifest bigint,
    p_number integer,
    p_signature text,
    p_tids tid[],
    p_versions xid[]
)
returns void
language plpgsql
security definer -- the table is writable through these functions alone
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into pydb_internal.archive_chunk (manifest_id, number, run_id, relation, signature, tids, versions)
    select m.id, p_number, m.run_id, m.relation, p_signature, p_tids, p_versions
    from pydb.archive_manifest as m
    where m.id = p_manifest and m.xid = pg_current_xact_id() and m.created_by = session_user;
    if not found then
        raise exception using errcode = 'YD005', message = 'rows are named in the transaction that enters their file',
            detail = format('File %s was not entered here.', coalesce(p_manifest::text, 'null')),
            hint = 'pydb archive export';
    end if;
end
$$;

comment on function pydb_internal.archive_chunk_add(bigint, integer, text, tid[], xid[]) is
'Adds rows, by place and version, to a file that this transaction has entered.';

revoke all on function pydb_internal.archive_chunk_add(bigint, integer, text, tid[], xid[]) from public;
