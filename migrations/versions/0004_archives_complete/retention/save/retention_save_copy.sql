-- pydb_internal.retention_save_copy (save; by retention_save_turn): copy all rows that are left of a partition, which
-- is locked, into the archive of its table; whoever calls it drops the partition in the same transaction.
-- reads the partition   writes the archive, pydb.archive_run   locks nothing
-- raises YD603
create or replace function pydb_internal.retention_save_copy(
    p_policy pydb.retention_policy,
    p_run_id bigint,
    p_partition oid
)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_leaf record;
    v_insert text;
    v_rows bigint;
    v_found bigint;
    v_all bigint := 0;
begin
    for v_leaf in select l.relation from pydb_internal.retention_leaves(p_partition) as l loop
        select format(
            '/* pydb */ insert into %s (%s, pydb_run_id, pydb_archived_at)
            select %s, %s::pg_catalog.int8, pg_catalog.now() from only %s as t',
            pydb_internal.relation_name(min(a.archive::oid)), string_agg(format('%I', c.name), ', ' order by c.place),
            string_agg(format('t.%I', c.name), ', ' order by c.place), p_run_id,
            pydb_internal.relation_name(v_leaf.relation)
        ) into v_insert
        from pydb.archive_table as a
        cross join lateral pydb_internal.archive_columns(a.source) as c
        where a.source = pydb_internal.archive_top(p_policy.target);
        execute v_insert;
        get diagnostics v_rows = row_count;
        execute format('select count(*) from only %s', pydb_internal.relation_name(v_leaf.relation)) into v_found;
        if v_rows <> v_found then
            raise exception using errcode = 'YD603', message = format(
                    'not every row of %s is in the archive', pydb_internal.relation_name(v_leaf.relation)
                ),
                detail = format('It holds %s, %s were archived.', pydb_internal.rows_text(v_found), v_rows),
                hint = format('\d+ %s', pydb_internal.relation_name(v_leaf.relation));
        end if;
        perform pydb_internal.archive_account(p_run_id, p_policy.target, v_rows);
        v_all := v_all + v_rows;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.retention_save_copy(pydb.retention_policy, bigint, oid) is
'Rows that it put into the archive under the id of the run; YD603 if the partition holds another number.';

revoke all on function pydb_internal.retention_save_copy(pydb.retention_policy, bigint, oid) from public;
