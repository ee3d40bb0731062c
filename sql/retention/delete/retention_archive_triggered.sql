-- pydb_internal.retention_archive_triggered (delete; by retention_archive): archive and delete some rows of a relation
-- whose delete runs code of the application, and see that nothing else went.
-- writes the target, its archive, pydb.archive_run, what triggers write   locks the rows it deletes
-- raises 40001 YD603
create or replace function pydb_internal.retention_archive_triggered(p_run_id bigint, p_relation oid, p_tids tid[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts constant text[] := pydb_internal.archive_statements(p_run_id, p_relation, format(
        'delete from only %s as t where t.ctid operator(pg_catalog.=) any($1)
        and coalesce(t.ctid operator(pg_catalog.=) any($1), false)', pydb_internal.relation_name(p_relation)
    ));
    v_kept jsonb;
    v_before bigint;
    v_relations numeric;
    v_after record;
    v_is_counted boolean;
    v_tries integer := 0;
    v_ours text[];
    v_rows bigint;
begin
    -- to count takes as long as much of a batch: it begins where the last one ended, as long as that adds up
    select a.deleted, a.relations into v_before, v_relations
    from pydb.archive_run as a
    inner join pydb.archive_table as t on t.archive = a.archive
    where a.run_id = p_run_id and t.source = pydb_internal.archive_top(p_relation);
    loop
        v_is_counted := v_before is null;
        if v_is_counted then
            select d.rows, d.relations into v_before, v_relations from pydb_internal.archive_deleted() as d;
        end if;
        v_after := null;
        v_kept := pydb_internal.archive_inserted(p_run_id); -- what is rolled back counts too
        begin
            v_ours := pydb_internal.application_enter();
            execute format('/* pydb */ with %s %s', v_parts[1], v_parts[2]) using p_tids;
            get diagnostics v_rows = row_count;
            set constraints /* pydb */ all immediate; -- what triggers put off belongs to the sum
            perform pydb_internal.application_leave(v_ours);
            v_after := pydb_internal.archive_deleted();
            if v_after.relations <> v_relations then
                raise exception using errcode = 'YD603', message = 'there are other tables than before',
                    detail = 'What went is counted anew.', hint = 'It is caught below.';
            end if;
            perform pydb_internal.archive_balance(
                p_run_id, v_kept, v_after.rows - v_before, v_after.rows, v_after.relations
            );
            exit;
        exception when sqlstate 'YD603' then
            -- one that was dropped meanwhile took its number along: no sum counts, whether it fits or not
            v_tries := v_tries + 1;
            if v_is_counted and coalesce(v_after.relations = v_relations, true) then
                raise;
            elsif v_tries > 5 then
                raise exception using errcode = '40001',
                    message = 'tables are made or dropped all the time: what went cannot be counted',
                    detail = format('Table %s, %s tries. Nothing was deleted.', pydb_internal.relation_name(p_relation),
                        v_tries),
                    hint = 'Run it again when they are done.';
            end if;
            v_before := null;
        end;
    end loop;
    return v_rows;
end
$$;

comment on function pydb_internal.retention_archive_triggered(bigint, oid, tid[]) is
'Rows archived and deleted, of those at the places p_tids; YD603 where triggers delete more than that.';

revoke all on function pydb_internal.retention_archive_triggered(bigint, oid, tid[]) from public;
