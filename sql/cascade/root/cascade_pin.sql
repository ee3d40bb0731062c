-- pydb_internal.cascade_pin (root): the application's code runs under the search_path of a job, in this transaction.
-- reads pydb.cascade_job, the catalog   writes nothing   locks nothing
-- raises YD005 YD015
create or replace function pydb_internal.cascade_pin(p_job bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pydb_internal.application_pin(j.search_path, j.root) from pydb.cascade_job as j where j.id = p_job;
end
$$;

comment on function pydb_internal.cascade_pin(bigint) is
'Gives the code of the application the search_path of a cascade job; raises where that cannot be used by now.';

revoke all on function pydb_internal.cascade_pin(bigint) from public;
