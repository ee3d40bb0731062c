-- pydb_internal.retention_delete_rows (delete; by retention_take): delete a small range row by row, leaving each row
-- whose delete is refused.
-- writes the target   locks the rows it deletes
-- raises what is no matter of one row
create or replace function pydb_internal.retention_delete_rows(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_condition text,
    p_limit bigint,
    p_way text,
    p_within text,
    p_archive bigint default null,
    out rows_done bigint,
    out rows_locked bigint,
    out faults jsonb,
    out relations jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tid tid;
    v_gone record;
    v_code text;
    v_said text;
    v_context text;
begin
    rows_done := 0;
    rows_locked := 0;
    faults := '{}';
    for v_tid in
        execute format('select t.ctid from only %s as t where %s', pydb_internal.relation_name(p_relation), p_condition)
    loop
        exit when rows_done >= p_limit;
        begin
            v_gone := pydb_internal.retention_take(
                p_policy, p_relation, format('t.ctid = %L and %s', v_tid, p_condition), null, 'plain', p_way, p_within,
                p_archive
            );
            perform pydb_internal.application_constraints();
            rows_done := rows_done + v_gone.rows_done; -- only now: a variable is not rolled back
            if v_gone.relations is not null then
                select jsonb_object_agg(s.key, s.rows) into relations
                from (
                    select u.key, sum(u.value::bigint) as rows
                    from (
                        select e.key, e.value from jsonb_each_text(relations) as e
                        union all
                        select e.key, e.value from jsonb_each_text(v_gone.relations) as e
                    ) as u
                    group by u.key
                ) as s;
            end if;
        exception
            when lock_not_available then
                rows_locked := rows_locked + 1;
                if rows_locked >= 20 and rows_done = 0 then
                    raise; -- not some rows, but a whole table is locked
                end if;
                -- somebody holds rows here, and one wait for him was enough
                perform set_config('lock_timeout', '10ms', true);
            when assert_failure or others then
                get stacked diagnostics v_code = returned_sqlstate, v_said = message_text,
                    v_context = pg_exception_context;
                if not pydb_internal.run_is_by_row(v_code, v_context) then
                    raise;
                end if;
                faults := faults || jsonb_build_object(v_code, jsonb_build_object(
                    'rows', coalesce((faults -> v_code ->> 'rows')::bigint, 0) + 1,
                    'said', coalesce(faults -> v_code ->> 'said', left(v_said, 1000)),
                    'place', coalesce(
                        faults -> v_code ->> 'place', pydb_internal.application_said(v_context)
                    )
                ));
        end;
    end loop;
end
$$;

comment on function pydb_internal.retention_delete_rows(
    pydb.retention_policy, oid, text, bigint, text, text, bigint
) is
'Deletes the rows of a range one by one; counts those that an error keeps (faults: SQLSTATE to rows, and of the
first message and place), and those that a lock keeps: of the row, or of a row that references it.';

revoke all on function pydb_internal.retention_delete_rows(
    pydb.retention_policy, oid, text, bigint, text, text, bigint
) from public;
