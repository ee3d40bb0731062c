-- pydb_internal.retention_windowed (limits): hook of windows: the policies that name one.
-- reads pydb.retention_policy   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_windowed(p_window text)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select array(
        select p.name
        from pydb.retention_policy as p
        where p_window = any(p.windows || p.catch_up_windows)
        order by p.name
    );
$$;

comment on function pydb_internal.retention_windowed(text) is 'Names of the policies that name the window.';

revoke all on function pydb_internal.retention_windowed(text) from public;
