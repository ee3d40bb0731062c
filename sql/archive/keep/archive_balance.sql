-- pydb_internal.archive_balance (keep): see that every row that went is in an archive, and no other, and note it.
-- reads pydb.archive_run, the transaction's own statistics   writes pydb.archive_run   locks the run's rows there
-- raises YD603
create or replace function pydb_internal.archive_balance(p_run_id bigint, p_before jsonb, p_gone bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kept bigint;
begin
    select coalesce(sum(k.rows), 0)::bigint into v_kept
    from (
        select e.value::bigint - coalesce((p_before ->> e.key)::bigint, 0) as rows
        from jsonb_each_text(pydb_internal.archive_inserted(p_run_id)) as e
    ) as k;
    if v_kept <> p_gone then
        raise exception using errcode = 'YD603', message = 'not every row that went is in the archive',
            detail = format(
                '%s went, %s were archived: a trigger deletes rows beside the run, or writes an archive.',
                pydb_internal.rows_text(p_gone), v_kept
            ),
            hint = 'Tell pydb what goes along by a reference, so that it goes in sight: \df+ pydb.reference_set';
    end if;
    perform pydb_internal.archive_account(
        p_run_id, t.source, e.value::bigint - coalesce((p_before ->> e.key)::bigint, 0)
    )
    from jsonb_each_text(pydb_internal.archive_inserted(p_run_id)) as e
    inner join pydb.archive_table as t on t.archive = e.key::oid;
end
$$;

comment on function pydb_internal.archive_balance(bigint, jsonb, bigint) is
'Compares what was put into the archives of a run since p_before (archive_inserted) with the number of rows that this
transaction has deleted since then from any table, and adds it to the books; YD603 if they differ.';

revoke all on function pydb_internal.archive_balance(bigint, jsonb, bigint) from public;
