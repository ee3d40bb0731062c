-- pydb_internal.retention_archive (delete; by retention_delete): archive and delete the rows of one range, in one
-- statement.
-- writes the target, its archive, pydb.archive_run   locks the rows it deletes
-- raises YD601 YD602 YD603
create or replace function pydb_internal.retention_archive(
    p_run_id bigint,
    p_relation oid,
    p_condition text,
    p_limit bigint,
    p_skip_locked boolean
)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_table constant text := pydb_internal.relation_name(p_relation);
    v_has_code constant boolean := pydb_internal.relation_has_code(p_relation);
    v_chosen text;
    v_parts text[];
    v_tids tid[];
    v_rows bigint;
begin
    perform pydb_internal.archive_open(p_run_id, array[p_relation]);
    v_chosen := format(
        'array(select t.ctid from only %s as t where %s%s%s)', v_table, p_condition,
        coalesce(' limit ' || p_limit, ''), case when p_skip_locked then ' for update skip locked' else '' end
    );
    if not v_has_code then
        -- as in retention_delete: the condition stands in the delete too
        v_parts := pydb_internal.archive_statements(p_run_id, p_relation, format(
            'delete from only %s as t where %s%s', v_table, case
                when p_limit is not null or p_skip_locked then format('t.ctid = any(%s) and ', v_chosen) else ''
            end, p_condition
        ));
        execute format('/* pydb */ with %s %s', v_parts[1], v_parts[2]);
        get diagnostics v_rows = row_count;
        perform pydb_internal.archive_account(p_run_id, p_relation, v_rows);
        return v_rows;
    end if;
    execute format('select %s', v_chosen) into v_tids;
    return pydb_internal.retention_archive_triggered(p_run_id, p_relation, v_tids);
end
$$;

comment on function pydb_internal.retention_archive(bigint, oid, text, bigint, boolean) is
'As retention_delete, and what it deletes is in the archive of the table, or nothing is deleted: YD603 where a trigger
deletes more.';

revoke all on function pydb_internal.retention_archive(bigint, oid, text, bigint, boolean) from public;
