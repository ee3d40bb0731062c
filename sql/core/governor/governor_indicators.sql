-- pydb_internal.governor_indicators (governor): the indicators as they are set.
-- reads pydb.governor_indicator   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.governor_indicators()
returns setof pydb.governor_indicator
language sql
stable
security definer -- runs read them without a right on the table
set search_path = pg_catalog, pg_temp
as $$
    select g.* from pydb.governor_indicator as g;
$$;

comment on function pydb_internal.governor_indicators() is 'Rows of pydb.governor_indicator.';

revoke all on function pydb_internal.governor_indicators() from public;
