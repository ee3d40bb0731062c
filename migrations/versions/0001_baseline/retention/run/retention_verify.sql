-- pydb_internal.retention_verify (run; by retention_advance): where a walk deleted other than planned, look what is
-- left before it says how it ended.
-- reads the target and the tables that reference it   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_verify(p_policy pydb.retention_policy, p_walk jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_left bigint;
begin
    if p_walk ->> 'state' is null or p_walk ->> 'reason' not in ('exhausted', 'referenced')
        or (p_walk ->> 'refused')::bigint > 0 or (p_walk ->> 'done')::bigint = (p_walk ->> 'due')::bigint
    then
        return p_walk;
    end if;
    -- More than planned: what referenced a row went with another one. Less: renewed or deleted by somebody else, and
    -- nothing is left; or referenced since the plan, or rows of the table itself that reference each other in a ring:
    -- those stay, and that is no success.
    select
        sum(s.rows_blocked + case when exists (
            select 1 from jsonb_array_elements(p_walk -> 'all') as u (segment) where (u.segment ->> 'again')::boolean
        ) then s.rows_due else 0 end)::bigint
    into v_left
    from pydb_internal.retention_survey(p_policy, (p_walk ->> 'cutoff')::timestamptz, false) as s;
    return p_walk || jsonb_build_object('skipped', v_left) || case
        when v_left > 0 then '{"state": "partial", "reason": "referenced"}'::jsonb
        else '{"state": "completed", "reason": "exhausted"}'::jsonb
    end;
end
$$;

comment on function pydb_internal.retention_verify(pydb.retention_policy, jsonb) is
'A finished walk, its state settled by what is left where it deleted more or less than planned: partial if rows stay
because others reference them.';

revoke all on function pydb_internal.retention_verify(pydb.retention_policy, jsonb) from public;
