-- pydb_internal.window_users (window): what names a window.
-- reads pydb_internal.run_kind, what the kinds say of their windows   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.window_users(p_window text)
returns text[]
language plpgsql
stable
security definer -- see pydb_internal.window_verdict
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind pydb_internal.run_kind;
    v_names text[];
    v_users text[] := '{}'::text[];
begin
    -- core knows no room: a kind whose subjects name windows brings a routine
    for v_kind in select k.* from pydb_internal.run_kind as k where k.names_windows order by k.name loop
        execute format('select pydb_internal.%I($1)', v_kind.name || '_windowed') into v_names using p_window;
        v_users := v_users || array(
            select format(v_kind.label, n) from unnest(v_names) as n order by n
        );
    end loop;
    return v_users;
end
$$;

comment on function pydb_internal.window_users(text) is
'Labels of the subjects (policy events) that name a window, by the hook name_windowed of the kinds that have it.';

revoke all on function pydb_internal.window_users(text) from public;
