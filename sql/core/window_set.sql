-- pydb.window_set: create or change a window, the hours in which runs may work; audited.
-- reads pydb_internal.run_kind   writes pydb.run_window, pydb.audit_log   locks the window's row
-- raises YD007 YD821
create or replace function pydb.window_set(
    p_name text,
    p_opens time,
    p_closes time,
    p_weekdays text[] default null,
    p_timezone text default 'UTC',
    p_kinds text[] default '{}'
)
returns pydb.run_window
language plpgsql
security definer -- the table itself is writable to nobody else; EXECUTE is the right
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.run_window;
    v_new pydb.run_window;
    v_days constant text[] := '{mon,tue,wed,thu,fri,sat,sun}'::text[];
    v_kinds text[];
    v_problem text;
begin
    perform pydb_internal.run_check_read_write();
    v_kinds := array(select k.name from pydb_internal.run_kind as k order by k.name) || 'all'::text;
    v_problem := case
        when p_name is null or p_name !~ '^[a-z0-9][a-z0-9_-]{0,62}$'
            then format('p_name is %L: a name has small letters, digits, _ and -, at most 63', p_name)
        when num_nulls(p_opens, p_closes) > 0 then 'p_opens and p_closes are times of the day'
        when not p_weekdays <@ v_days or cardinality(p_weekdays) = 0 or array_position(p_weekdays, null) is not null
            then format('p_weekdays is %L: some of %s, or null for all', p_weekdays, array_to_string(v_days, ', '))
        when p_kinds is null or not p_kinds <@ v_kinds or array_position(p_kinds, null) is not null
            then format('p_kinds is %L: some of %s', p_kinds, array_to_string(v_kinds, ', '))
        when p_timezone is null
            or not exists (select from pg_timezone_names as z where z.name = p_timezone)
            then format('p_timezone is %L: the full name of a zone (select name from pg_timezone_names;)', p_timezone)
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD821', message = format('window %s is refused', coalesce(p_name, 'null')),
            detail = v_problem || '.',
            hint = 'select pydb.window_set(''nights'', ''22:00'', ''06:00'', p_weekdays => ''{mon,tue}'', '
            'p_timezone => ''Europe/Berlin'');';
    end if;
    select w.* into v_old from pydb.run_window as w where w.name = p_name for update;
    v_new.name := p_name;
    v_new.opens := p_opens;
    v_new.closes := p_closes;
    -- in the order of the week, each once
    v_new.weekdays := case when not p_weekdays @> v_days
        then array(select d from unnest(v_days) as d where d = any(p_weekdays)) end;
    v_new.timezone := p_timezone;
    v_new.kinds := array(select distinct k from unnest(p_kinds) as k order by k);
    v_new.author := v_old.author;
    v_new.created_at := v_old.created_at;
    v_new.updated_at := v_old.updated_at;
    if v_new is not distinct from v_old then
        return v_old;
    end if;
    v_new.author := session_user::text;
    v_new.created_at := coalesce(v_old.created_at, now());
    v_new.updated_at := now();
    insert into pydb.run_window select v_new.*
    on conflict on constraint run_window_pkey do update set
        opens = excluded.opens, closes = excluded.closes, weekdays = excluded.weekdays, timezone = excluded.timezone,
        kinds = excluded.kinds, author = excluded.author, updated_at = excluded.updated_at;
    perform pydb_internal.audit_add(
        'window_set', p_name, jsonb_build_object('old', to_jsonb(v_old), 'new', to_jsonb(v_new)), null
    );
    return v_new;
end
$$;

comment on function pydb.window_set(text, time, time, text[], text, text[]) is
'Creates or changes a window and returns its row: from p_opens to p_closes (of the next day where that is not later;
24:00 is midnight; the same: around the clock), on p_weekdays (mon to sun, those on which it opens; null = all), on the
clock of p_timezone. p_kinds: it holds for all runs of these kinds (retention, export, cascade, orphan_scan,
orphan_repair, archive_purge, archive_export; all) whose policy names no window of its own
(pydb.retention_policy_set, p_windows). A run outside of its windows is skipped (window), one that meets the end of them
stops after the batch, partial (window). Runs look before each batch.';

revoke all on function pydb.window_set(text, time, time, text[], text, text[]) from public;
