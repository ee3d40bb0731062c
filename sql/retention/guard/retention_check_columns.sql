-- pydb_internal.retention_check_columns (guard; by retention_check_author): before a plan or a batch: what a policy
-- names is not another column by now.
-- reads the catalog   writes nothing   locks nothing
-- raises YD103
create or replace function pydb_internal.retention_check_columns(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem constant text := coalesce(
        pydb_internal.column_moved_problem(p_policy.target, p_policy.columns_seen, 1),
        pydb_internal.column_moved_problem(p_policy.keep_table, p_policy.columns_seen, 2)
    );
begin
    if v_problem is not null then
        raise exception using errcode = 'YD103',
            message = format('policy %s is about another column: %s', p_policy.name, v_problem),
            detail = 'Nothing is deleted before somebody says which is meant.',
            hint = 'Set it again, with the column that is meant: '
                || pydb_internal.shell_command('pydb policy show', array[p_policy.name]);
    end if;
end
$$;

comment on function pydb_internal.retention_check_columns(pydb.retention_policy) is
'Raises YD103 where a column was renamed or dropped and another has its name.';

revoke all on function pydb_internal.retention_check_columns(pydb.retention_policy) from public;
