-- pydb_internal.retention_enter (condition): before a look at the rows of a policy: all of them can be seen, and what
-- its conditions will name keeps its name to the commit.
-- reads the catalog, pydb.reference   writes nothing   locks the tables (access share)
-- raises 42501 55P03 YD103 YD113
create or replace function pydb_internal.retention_enter(p_policy pydb.retention_policy)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pydb_internal.relation_check_names(pydb_internal.retention_named(p_policy));
    perform pydb_internal.retention_check_moved(p_policy);
    if not p_policy.builtin then
        perform pydb_internal.relation_check_seen(array(
            select l.relation from pydb_internal.retention_leaves(p_policy.target) as l
        ));
    end if;
end
$$;

comment on function pydb_internal.retention_enter(pydb.retention_policy) is
'Locks the tables of a policy by their names; 42501 where row-level security hides rows of its own.';

revoke all on function pydb_internal.retention_enter(pydb.retention_policy) from public;
