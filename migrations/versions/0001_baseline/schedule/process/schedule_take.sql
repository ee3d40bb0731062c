-- pydb_internal.schedule_take (process; for pydb/scheduler.py): take a job for one due time; true for exactly one
-- caller.
-- reads pg_stat_activity   writes pydb.schedule_claim   locks the claim's row
-- raises nothing
create or replace function pydb_internal.schedule_take(p_job text, p_due_at timestamptz, p_scheduler uuid)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_start constant timestamptz := (select a.backend_start from pg_stat_activity as a where a.pid = pg_backend_pid());
    v_claim pydb.schedule_claim;
begin
    insert into pydb.schedule_claim as c (job, due_at, scheduler, pid, backend_start)
    values (p_job, p_due_at, p_scheduler, pg_backend_pid(), v_start)
    on conflict on constraint schedule_claim_pkey do nothing;
    if found then
        return true;
    end if;
    -- The lock first, then the look at the owner: with the order turned round, two would both see him dead.
    select c.* into v_claim
    from pydb.schedule_claim as c
    where c.job = p_job and c.due_at = p_due_at
    for update;
    if not found or not pydb_internal.schedule_claim_lost(v_claim) then
        return false;
    end if;
    update pydb.schedule_claim as c
    set
        attempt = c.attempt + 1, scheduler = p_scheduler, pid = pg_backend_pid(), backend_start = v_start,
        claimed_at = clock_timestamp(), finished_at = null, outcome = null, sqlstate = null, message = null
    where c.job = p_job and c.due_at = p_due_at;
    return true;
end
$$;

comment on function pydb_internal.schedule_take(text, timestamptz, uuid) is
'Takes a job for one due time in the name of this session, which must then run it: true for one caller only. A claim
whose session died is taken over, up to 3 attempts.';

revoke all on function pydb_internal.schedule_take(text, timestamptz, uuid) from public;
