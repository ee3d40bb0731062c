-- pydb_internal.retention_delete_rows (delete; by retention_take): delete a small range row by row, leaving each row
-- whose delete is refused.
-- writes the target   locks the rows it deletes
-- raises nothing
create or replace function pydb_internal.retention_delete_rows(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_condition text,
    p_limit bigint,
    out rows_done bigint,
    out rows_refused bigint,
    out rows_locked bigint
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tid tid;
    v_one text;
    v_gone bigint;
begin
    rows_done := 0;
    rows_refused := 0;
    rows_locked := 0;
    for v_tid in
        execute format('select t.ctid from only %s as t where %s', pydb_internal.relation_name(p_relation), p_condition)
    loop
        exit when rows_done >= p_limit;
        begin
            v_one := format('t.ctid = %L and %s', v_tid, p_condition);
            if p_policy.on_referenced = 'cascade' then
                v_gone := (
                    pydb_internal.retention_delete_cascade(p_policy, p_relation, v_one, null, false)
                ).rows_done;
            else
                v_gone := pydb_internal.retention_delete(p_relation, v_one, null, false);
            end if;
            perform pydb_internal.application_constraints();
            rows_done := rows_done + v_gone; -- only now: a variable is not rolled back
        exception
            when integrity_constraint_violation then
                rows_refused := rows_refused + 1;
            when lock_not_available then
                rows_locked := rows_locked + 1;
                if rows_locked >= 20 and rows_done = 0 then
                    raise; -- not some rows, but a whole table is locked
                end if;
                -- somebody holds rows here, and one wait for him was enough
                perform set_config('lock_timeout', '10ms', true);
        end;
    end loop;
end
$$;

comment on function pydb_internal.retention_delete_rows(pydb.retention_policy, oid, text, bigint) is
'Deletes the rows of a range one by one; counts those that a constraint keeps, and those that a lock keeps: of the row,
or of a row that references it.';

revoke all on function pydb_internal.retention_delete_rows(pydb.retention_policy, oid, text, bigint) from public;
