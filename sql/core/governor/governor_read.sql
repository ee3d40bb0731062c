-- pydb_internal.governor_read (governor; by governor_status): what every indicator says now, and what its value means.
-- reads what the indicators read   writes nothing   locks nothing
-- raises nothing: an indicator that raises is unknown
create or replace function pydb_internal.governor_read(p_relation regclass)
returns table (
    indicator text, value double precision, unit text, threshold double precision, signal text, ratio double precision,
    reason text, back_off interval, patience interval
)
language sql
set search_path = pg_catalog, pg_temp
as $$
    select r.* from pydb_internal.governor_ask(p_relation, null) as r;
$$;

comment on function pydb_internal.governor_read(regclass) is
'One row an indicator, of a table (null = of the database), as governor_ask tells; nothing is taken from what another
has seen.';

revoke all on function pydb_internal.governor_read(regclass) from public;
