-- pydb_internal.orphan_apply_rows (repair; by orphan_take): repair a small range row by row, leaving each row whose
-- change is refused.
-- writes the child, pydb.orphan_quarantine   locks the rows it changes
-- raises what is no matter of one row
create or replace function pydb_internal.orphan_apply_rows(
    p_work pydb_internal.orphan_repair_work,
    p_relation oid,
    p_condition text,
    p_limit bigint,
    p_run_id bigint,
    out done bigint,
    out refused bigint,
    out locked bigint,
    out faulty bigint,
    out fault text,
    out fault_code text,
    out fault_place text
)
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_tid tid;
    v_tids tid[];
    v_gone bigint;
    v_code text;
    v_said text;
    v_context text;
    v_tries integer := case p_work.mode when 'nullify' then 0 else 3 end;
begin
    done := 0;
    refused := 0;
    locked := 0;
    faulty := 0;
    for v_tid in
        execute format(
            'select t.ctid from only %s as t where %s order by t.ctid %s', pydb_internal.relation_name(p_relation),
            p_condition, case when p_work.pass % 2 = 0 then 'desc' else '' end
        )
    loop
        exit when done >= p_limit;
        v_tids := array[v_tid];
        for v_try in 1..2 loop
            begin
                v_gone := pydb_internal.orphan_apply(p_work.edge, p_work.mode, p_relation, format(
                    't.ctid = any(%L::tid[]) and %s and %s', v_tids, p_work.age || coalesce(p_work.free, ''),
                    pydb_internal.orphan_condition(p_work.edge)
                ), p_run_id);
                perform pydb_internal.application_constraints();
                done := done + v_gone; -- only now: a variable is not rolled back
                exit;
            exception
                when lock_not_available then
                    locked := locked + 1;
                    if locked >= 20 and done = 0 then
                        raise; -- not some rows, but a whole table is locked
                    end if;
                    -- somebody holds rows here, and one wait for him was enough
                    perform set_config('lock_timeout', '10ms', true);
                    exit;
                when assert_failure or others then
                    get stacked diagnostics v_code = returned_sqlstate, v_said = message_text,
                        v_context = pg_exception_context;
                    if v_code like '23%' and not pydb_internal.application_raised(v_context) then
                        -- orphans that keep each other in a ring go together or not at all
                        v_tids := case when v_try = 1 and v_tries > 0 and v_code = '23503'
                            then pydb_internal.orphan_ring(p_work, p_relation, v_tid) end;
                        if cardinality(v_tids) > 1 and coalesce(cardinality(v_tids) <= p_limit - done, true) then
                            continue;
                        end if;
                        v_tries := v_tries - 1; -- most rows that are kept are kept by what stays
                        refused := refused + 1;
                        exit;
                    elsif not pydb_internal.run_is_by_row(v_code, v_context) then
                        raise;
                    end if;
                    faulty := faulty + 1;
                    if fault_code is null then
                        fault_code := v_code;
                        fault := left(v_said, 1000);
                        fault_place := pydb_internal.application_said(v_context);
                    end if;
                    exit;
            end;
        end loop;
    end loop;
end
$$;

comment on function pydb_internal.orphan_apply_rows(
    pydb_internal.orphan_repair_work, oid, text, bigint, bigint
) is
'Applies a mode row by row; counts the rows that a constraint keeps, those that a lock keeps (of the row, or of a row
that references it), and those that another error keeps (faulty), with the first one. Orphans that only orphans
keep go together with those.';

revoke all on function pydb_internal.orphan_apply_rows(
    pydb_internal.orphan_repair_work, oid, text, bigint, bigint
) from public;
