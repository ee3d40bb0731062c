-- pydb_internal.cascade_check_session (root): refuse to delete in a session where keys do not act, or where nothing
-- could be verified.
-- reads settings   writes nothing   locks nothing
-- raises YD001 YD307
create or replace function pydb_internal.cascade_check_session()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_setting('session_replication_role') = 'replica' then
        raise exception using errcode = 'YD001', message = 'session_replication_role is replica',
            detail = 'Foreign keys and triggers do not act in this session.',
            hint = 'set session_replication_role = origin;';
    elsif not current_setting('track_counts')::boolean then
        raise exception using errcode = 'YD307', message = 'track_counts is off',
            detail = 'What went could not be held against what was planned.', hint = 'set track_counts = on;';
    end if;
end
$$;

comment on function pydb_internal.cascade_check_session() is
'Raises YD001 where session_replication_role is replica, YD307 where track_counts is off.';

revoke all on function pydb_internal.cascade_check_session() from public;
