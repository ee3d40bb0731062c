-- pydb_internal.retention_partition_remove (partition): take partitions out of their table, and do with them what their
-- policy says.
-- writes the catalog   locks the table and the partitions (access exclusive)
-- raises what the statements raise
create or replace function pydb_internal.retention_partition_remove(p_statements text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ours text[];
    v_statement text;
begin
    v_ours := pydb_internal.application_enter(); -- event triggers are the application's
    foreach v_statement in array p_statements loop
        execute v_statement;
    end loop;
    perform pydb_internal.application_leave(v_ours);
end
$$;

comment on function pydb_internal.retention_partition_remove(text[]) is
'Runs what pydb_internal.retention_together_statements has prepared: under the lock nothing else takes time.';

revoke all on function pydb_internal.retention_partition_remove(text[]) from public;
