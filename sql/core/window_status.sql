-- pydb.window_status: the windows, whether each is open now, and what names it.
-- reads pydb.run_window, the clock   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.window_status as
select
    w.name,
    w.weekdays,
    w.opens,
    w.closes,
    w.timezone,
    w.kinds,
    v.until is not null as is_open,
    v.until as closes_at,
    v.opens_at,
    pydb_internal.window_users(w.name) as used_by,
    w.author,
    w.updated_at
from pydb.run_window as w
cross join lateral pydb_internal.window_verdict(array[w.name], null, clock_timestamp()) as v;

comment on view pydb.window_status is 'Windows: hours in which runs may work, and whether each is open now.';
comment on column pydb.window_status.name is 'Name.';
comment on column pydb.window_status.weekdays is 'Days on which it opens; null = all.';
comment on column pydb.window_status.opens is 'From this time of the day on.';
comment on column pydb.window_status.closes is
'Up to this one, of the next day where it is not after opens.';
comment on column pydb.window_status.timezone is 'Time zone of these.';
comment on column pydb.window_status.kinds is 'Kinds of runs that it holds for, where they name no window.';
comment on column pydb.window_status.is_open is 'True: it is open now.';
comment on column pydb.window_status.closes_at is 'When it closes; infinity = never; null = it is closed.';
comment on column pydb.window_status.opens_at is 'When it opens next, where it is closed.';
comment on column pydb.window_status.used_by is 'Policies that name it.';
comment on column pydb.window_status.author is 'Login role that set it last.';
comment on column pydb.window_status.updated_at is 'When it was last changed.';

revoke all on pydb.window_status from public;
