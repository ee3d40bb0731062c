-- pydb_internal.cascade_trial (trial; by cascade_check_trial): do what a walk found, see who refuses, and undo it.
-- writes nothing that stays: the relations of the walk, rolled back   locks the tables and the rows until it is undone
-- raises YD302 where somebody refuses; YD304, and what is no refusal: a lock, a deadlock, a server without room
create or replace function pydb_internal.cascade_trial(
    p_walk pydb_internal.cascade_closure,
    p_look text,
    p_allow_triggers boolean
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_through boolean := false; -- a variable is not rolled back
    v_before jsonb;
    v_sqlstate text;
    v_message text;
    v_detail text;
    v_context text;
begin
    begin
        -- undone with all else; a run has its own already
        if current_setting('lock_timeout') = '0' then
            perform set_config('lock_timeout', (extract(
                epoch from pydb_internal.setting_get(p_name => 'lock_timeout')::interval
            ) * 1000)::bigint::text, true);
        end if;
        v_before := pydb_internal.cascade_deleted_counts(p_walk);
        perform pydb_internal.cascade_execute(p_walk);
        perform pydb_internal.cascade_verify_counts(
            p_walk, v_before, p_allow_triggers, p_look,
            p_allow_triggers and pydb_internal.cascade_trigger_names(p_walk) is not null
        );
        v_is_through := true;
        raise exception using errcode = 'YD302', message = 'nobody refused', detail = 'It was a trial.', hint = p_look;
    exception when assert_failure or others then
        get stacked diagnostics
            v_sqlstate = returned_sqlstate, v_message = message_text, v_detail = pg_exception_detail,
            v_context = pg_exception_context;
        if v_is_through then
            return;
        elsif v_sqlstate in ('55P03', '57014', 'YD304') or left(v_sqlstate, 2) = '40' or (
            left(v_sqlstate, 2) in ('53', '57', '58', 'XX')
            and not pydb_internal.application_raised(v_context) -- a trigger may refuse with any code
        ) then
            raise;
        end if;
    end;
    raise exception using errcode = 'YD302',
        message = format(
            'the cascade would be refused: %s%s', v_message, coalesce(
                ' (' || pydb_internal.application_detail(v_sqlstate, v_detail) || ')', ''
            )
        ),
        detail = format('SQLSTATE %s, found by trying it. Nothing was changed.', v_sqlstate), hint = p_look;
end
$$;

comment on function pydb_internal.cascade_trial(pydb_internal.cascade_closure, text, boolean) is
'Raises YD302 with the server''s sentence if a constraint or a trigger refuses what is in the walk, YD304 if other rows
would go than those (p_allow_triggers: fewer). Whatever it did is rolled back. p_look: statement that shows the plan.';

revoke all on function pydb_internal.cascade_trial(pydb_internal.cascade_closure, text, boolean) from public;
