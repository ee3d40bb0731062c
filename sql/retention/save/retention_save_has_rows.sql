-- pydb_internal.retention_save_has_rows (save; by retention_save_turn): whether a partition still holds a row.
-- reads the partition   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_save_has_rows(p_partition oid)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_leaf oid;
    v_found boolean;
begin
    for v_leaf in select l.relation from pydb_internal.retention_leaves(p_partition) as l loop
        execute format('select exists (select from only %s)', pydb_internal.relation_name(v_leaf)) into v_found;
        if v_found then
            return true;
        end if;
    end loop;
    return false;
end
$$;

comment on function pydb_internal.retention_save_has_rows(oid) is 'True if any leaf of it has a row that is visible.';

revoke all on function pydb_internal.retention_save_has_rows(oid) from public;
