-- pydb_internal.retention_check_batch (batch; by retention_batch): refuse a batch that is none: of no rows, or of a
-- policy that takes whole partitions.
-- reads nothing   writes nothing   locks nothing
-- raises YD001 YD108
create or replace function pydb_internal.retention_check_batch(p_policy pydb.retention_policy, p_max_rows bigint)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_max_rows is null or p_max_rows < 1 or p_max_rows > 1000000 then
        raise exception using errcode = 'YD001',
            message = format('p_max_rows cannot be %s', coalesce(p_max_rows::text, 'null')),
            detail = 'A batch takes 1 to 1000000 rows.',
            hint = format('select * from pydb.retention_batch(%L, p_max_rows => 10000);', p_policy.name);
    end if;
    if p_policy.action = 'drop_partition' then
        raise exception using errcode = 'YD108', message = format('policy %s drops partitions', p_policy.name),
            detail = 'A batch takes rows.', hint = format('call pydb.retention_run(%L);', p_policy.name);
    end if;
end
$$;

comment on function pydb_internal.retention_check_batch(pydb.retention_policy, bigint) is
'Raises YD001 for a number of rows that no batch has, YD108 for a policy that drops partitions.';

revoke all on function pydb_internal.retention_check_batch(pydb.retention_policy, bigint) from public;
