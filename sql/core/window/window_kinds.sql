-- pydb_internal.window_kinds (window; trigger): trigger that notes with the kinds of runs whether a window holds for
-- them.
-- reads pydb.run_window   writes pydb_internal.run_kind   locks the rows that change
-- raises nothing
create or replace function pydb_internal.window_kinds()
returns trigger
language plpgsql
security definer -- whoever sets a window has no right on the kinds
set search_path = pg_catalog, pg_temp
as $$
begin
    update pydb_internal.run_kind as k
    set is_windowed = not k.is_windowed
    where k.is_windowed <> exists (select from pydb.run_window as w where w.kinds && array[k.name, 'all']);
    return null;
end
$$;

comment on function pydb_internal.window_kinds() is
'Keeps pydb_internal.run_kind.is_windowed, which each run reads: windows change rarely.';

revoke all on function pydb_internal.window_kinds() from public;

create or replace trigger run_window_kinds
after insert or update or delete or truncate on pydb.run_window
for each statement execute function pydb_internal.window_kinds();

create or replace trigger run_kind_windows
after insert on pydb_internal.run_kind
for each statement execute function pydb_internal.window_kinds();
