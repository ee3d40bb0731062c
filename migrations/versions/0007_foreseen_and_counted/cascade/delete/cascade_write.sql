-- pydb_internal.cascade_write (delete; by cascade_delete_once): delete what a walk found, set-based or by PostgreSQL's
-- own cascade; its refusal becomes ours.
-- writes the relations of the walk   locks them (row exclusive) and the rows
-- raises YD302 YD304, and what triggers raise
create or replace function pydb_internal.cascade_write(
    p_walk pydb_internal.cascade_closure,
    p_native regclass,
    p_look text,
    p_archive bigint default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_message text;
    v_detail text;
    v_hint text;
    v_context text;
    v_sqlstate text;
begin
    if p_native is null then
        perform pydb_internal.cascade_execute(p_walk, p_archive);
    else
        perform pydb_internal.cascade_execute_native(p_walk, p_native);
    end if;
exception when others then
    get stacked diagnostics
        v_sqlstate = returned_sqlstate, v_message = message_text, v_detail = pg_exception_detail,
        v_hint = pg_exception_hint, v_context = pg_exception_context;
    if left(v_sqlstate, 2) in ('40', '53', '55', '57', '58', 'XX', 'YD')
        or (left(v_sqlstate, 2) <> '23' and pydb_internal.application_where(v_context) is null)
    then
        raise;
    elsif left(v_sqlstate, 2) <> '23' then
        perform pydb_internal.application_fail(v_sqlstate, v_message, v_detail, v_hint, v_context);
    end if;
    raise exception using errcode = 'YD302', message = 'the cascade is blocked: ' || v_message,
        detail = concat_ws(
            ' ', pydb_internal.application_detail(v_sqlstate, v_detail), pydb_internal.application_said(v_context),
            'Nothing was changed.'
        ),
        hint = p_look;
end
$$;

comment on function pydb_internal.cascade_write(pydb_internal.cascade_closure, regclass, text, bigint) is
'Applies a walk: cascade_execute, or (p_native: the root table) cascade_execute_native. What a constraint refuses
raises YD302. p_look: statement that shows the plan.';

revoke all on function pydb_internal.cascade_write(pydb_internal.cascade_closure, regclass, text, bigint) from public;
