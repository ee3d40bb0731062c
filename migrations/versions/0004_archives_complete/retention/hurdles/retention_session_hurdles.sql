-- pydb_internal.retention_session_hurdles (hurdles; by retention_hurdles): settings under which a session of a role
-- cannot prune for a policy.
-- reads the catalog, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_session_hurdles(
    p_policy pydb.retention_policy,
    p_role oid,
    p_name text
)
returns table (code text, message text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- to list the server's settings takes long; where this session is one of the role and nothing is said of the role
    -- or the database, it has what every session of the role gets, or has set itself
    if current_setting('session_replication_role') = 'replica' or not current_setting('track_counts')::boolean
        or p_name <> current_user or exists (
            select 1
            from pg_db_role_setting as d
            cross join unnest(d.setconfig) as u (word)
            where starts_with(u.word, 'session_replication_role=') or starts_with(u.word, 'track_counts=')
        )
    then
        return query
        select
            'unfit_session', 'session_replication_role is replica',
            'Foreign keys and triggers are off in this session: deletes would leave orphans.', s.cure
        from pydb_internal.setting_of_role(p_role, 'session_replication_role') as s
        where s.value = 'replica';
        return query
        select
            'unfit_session', 'track_counts is off',
            'The server counts no rows that go along with others, and nothing else knows them.',
            case
                when s.source in ('client', 'interactive', 'session') then 'set track_counts = on; -- as a superuser'
                else format('alter role %I set track_counts = on; -- as a superuser', p_name)
            end
        from pydb_internal.setting_of_role(p_role, 'track_counts') as s
        -- only a policy whose deletes take other rows along needs it
        where case when not s.value::boolean then (pydb_internal.retention_reach(p_policy)).way <> 'plain' end;
    end if;
end
$$;

comment on function pydb_internal.retention_session_hurdles(pydb.retention_policy, oid, text) is
'A row for session_replication_role and track_counts where the role''s sessions (p_name: its name) have them so that
nothing can be deleted.';

revoke all on function pydb_internal.retention_session_hurdles(pydb.retention_policy, oid, text) from public;
