-- pydb_internal.retention_renamed (condition; by retention_turn): whether a table that the conditions of a run may name
-- is no longer what it was; where not, nobody changes one from here to the commit.
-- reads the catalog   writes nothing   locks the tables (access share)
-- raises 55P03
create or replace function pydb_internal.retention_renamed(p_work pydb_internal.retention_work)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.relation_renamed(p_work.named, p_work.names);
end
$$;

comment on function pydb_internal.retention_renamed(pydb_internal.retention_work) is
'relation_renamed of what the run keeps in mind.';

revoke all on function pydb_internal.retention_renamed(pydb_internal.retention_work) from public;
