-- pydb._retention_verify: before a walk that deleted less than planned may say completed, look what is left.
-- reads the target and the tables that reference it   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb._retention_verify(p_policy pydb.retention_policy, p_walk jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_left bigint;
begin
    if p_walk ->> 'state' is distinct from 'completed' or (p_walk ->> 'done')::bigint >= (p_walk ->> 'due')::bigint then
        return p_walk;
    end if;
    -- renewed or deleted by somebody else: nothing is left. Referenced since the plan, or rows of the table itself that
    -- reference each other in a ring: they stay, and that is no success.
    select
        sum(s.rows_blocked + case when exists (
            select 1 from jsonb_array_elements(p_walk -> 'all') as u (segment) where (u.segment ->> 'again')::boolean
        ) then s.rows_due else 0 end)::bigint
    into v_left
    from pydb._retention_survey(p_policy, (p_walk ->> 'cutoff')::timestamptz, false) as s;
    if v_left > 0 then
        return p_walk || jsonb_build_object('state', 'partial', 'reason', 'referenced', 'skipped', v_left);
    end if;
    return p_walk;
end
$$;

comment on function pydb._retention_verify(pydb.retention_policy, jsonb) is
'A finished walk; one that deleted less than planned, and left rows because others reference them, becomes partial.';

revoke all on function pydb._retention_verify(pydb.retention_policy, jsonb) from public;
