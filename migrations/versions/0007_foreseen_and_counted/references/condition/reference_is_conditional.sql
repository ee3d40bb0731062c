-- pydb_internal.reference_is_conditional (condition; by retention_check_author): whether any logical reference has a
-- condition.
-- reads pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_is_conditional()
returns boolean
language plpgsql -- keeps its plan
stable
security definer -- see pydb_internal.reference_logical
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (select from pydb.reference as r where r.filter is not null or r.parent_filter is not null);
end
$$;

comment on function pydb_internal.reference_is_conditional() is
'True if a logical reference has a condition on its child or on its parent; asked before each batch.';

revoke all on function pydb_internal.reference_is_conditional() from public;
