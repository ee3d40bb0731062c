-- pydb_internal.health_failed (check; by health): what is said of a component whose check raised.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_failed(p_sqlstate text, p_message text)
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hint constant text := case p_sqlstate
        when '42501' then format('grant pydb_monitor to %I;', session_user)
        when '55P03' then 'select * from pg_locks where not granted; -- somebody holds a table of pydb for himself'
        when '42P01' then 'pydb migrate check'
        when '42883' then 'pydb migrate check'
        else 'pydb doctor'
    end;
begin
    return pydb_internal.health_say(
        jsonb_build_object('sqlstate', p_sqlstate), jsonb_build_array(jsonb_build_object(
            'status', 'unknown', 'reason_code', 'check_failed',
            'summary', format('it could not be looked at: %s', left(p_message, 200)), 'detail', p_sqlstate,
            'hint', v_hint
        )), null
    );
end
$$;

comment on function pydb_internal.health_failed(text, text) is
'unknown, with the SQLSTATE of the error and what helps.';

revoke all on function pydb_internal.health_failed(text, text) from public;
