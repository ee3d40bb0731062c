-- pydb_internal.cascade_verify_counts (delete): hold what went against what was planned.
-- reads the transaction's own statistics   writes nothing   locks nothing
-- raises YD304
create or replace function pydb_internal.cascade_verify_counts(
    p_walk pydb_internal.cascade_closure,
    p_before jsonb,
    p_allow_triggers boolean,
    p_look text,
    p_is_triggered boolean default false
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_wrong text;
    v_beyond jsonb;
begin
    select
        string_agg(
            format('%s: %s planned, %s gone', pydb_internal.relation_name(c.relation), c.planned, c.gone), '; '
            order by pydb_internal.relation_name(c.relation)
        ) filter (where c.gone < c.planned or c.planned > 0 and c.gone > c.planned and not p_is_triggered
            or not p_allow_triggers),
        jsonb_object_agg(pydb_internal.relation_name(c.relation), c.gone)
    into v_wrong, v_beyond
    from pydb_internal.cascade_counts(p_walk, p_before) as c
    where c.planned <> c.gone;
    if v_wrong is not null then
        raise exception using errcode = 'YD304', message = 'what went is not what was planned',
            detail = v_wrong || coalesce(
                '. These triggers ran: ' || pydb_internal.cascade_trigger_names(p_walk),
                '. Another session came in between'
            ) || '; everything was rolled back.',
            hint = p_look || case
                when not p_allow_triggers
                    then ' -- p_allow_triggers => true accepts what triggers delete in other tables'
                else ''
            end;
    end if;
    return coalesce(v_beyond, '{}');
end
$$;

comment on function pydb_internal.cascade_verify_counts(pydb_internal.cascade_closure, jsonb, boolean, text, boolean) is
'Raises YD304 unless exactly the planned rows were deleted since p_before (cascade_deleted_counts); returns what
triggers deleted in other tables, where that is allowed: object, relation → rows. p_look: statement that shows the
plan. p_is_triggered: triggers may delete more than planned in the tables of the plan too.';

revoke all on function pydb_internal.cascade_verify_counts(pydb_internal.cascade_closure, jsonb, boolean, text, boolean)
    from public;
