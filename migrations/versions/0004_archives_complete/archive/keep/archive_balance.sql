-- pydb_internal.archive_balance (keep): see that every row that went is in an archive, and no other, and note it.
-- reads pydb.archive_run, the transaction's own statistics   writes pydb.archive_run   locks the run's rows there
-- raises YD603
create or replace function pydb_internal.archive_balance(
    p_run_id bigint,
    p_before jsonb,
    p_gone bigint,
    p_deleted bigint default null,
    p_relations numeric default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question at each batch
as $$
declare
    v_after constant jsonb := pydb_internal.archive_inserted(p_run_id);
    v_kept bigint;
begin
    select coalesce(sum(e.value::bigint - coalesce((p_before ->> e.key)::bigint, 0)), 0)::bigint into v_kept
    from jsonb_each_text(v_after) as e;
    if v_kept <> p_gone then
        raise exception using errcode = 'YD603', message = 'not every row that went is in the archive',
            detail = format(
                '%s went, %s were archived: a trigger deletes rows beside the run, or writes an archive.',
                pydb_internal.rows_text(p_gone), v_kept
            ),
            hint = 'Tell pydb what goes along by a reference, so that it goes in sight: \df+ pydb.reference_set';
    end if;
    perform pydb_internal.archive_account(p_run_id, t.source, e.rows, p_deleted, p_relations)
    from (
        select n.key::oid as archive, n.value::bigint - coalesce((p_before ->> n.key)::bigint, 0) as rows
        from jsonb_each_text(v_after) as n
    ) as e
    inner join pydb.archive_table as t on t.archive = e.archive
    where e.rows <> 0 or p_deleted is not null;
end
$$;

comment on function pydb_internal.archive_balance(bigint, jsonb, bigint, bigint, numeric) is
'Compares what was put into the archives of a run since p_before (archive_inserted) with the number of rows that this
transaction has deleted since then from any table, and adds it to the books, with what archive_deleted said (p_deleted,
p_relations); YD603 if they differ.';

revoke all on function pydb_internal.archive_balance(bigint, jsonb, bigint, bigint, numeric) from public;
