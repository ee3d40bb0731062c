-- pydb_internal.schedule_settle (process; for pydb/scheduler.py): say how a job that this session took has ended.
-- reads nothing   writes pydb.schedule_claim   locks the claim's row
-- raises nothing
create or replace function pydb_internal.schedule_settle(
    p_job text,
    p_due_at timestamptz,
    p_scheduler uuid,
    p_outcome text,
    p_sqlstate text,
    p_message text
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update pydb.schedule_claim as c
    set finished_at = clock_timestamp(), outcome = p_outcome, sqlstate = p_sqlstate, message = p_message
    -- only its own claim: another process may have taken it over
    where c.job = p_job and c.due_at = p_due_at and c.scheduler = p_scheduler and c.finished_at is null;
    return found;
end
$$;

comment on function pydb_internal.schedule_settle(text, timestamptz, uuid, text, text, text) is
'Ends a claim with its outcome (succeeded, failed, interrupted); false if the claim is no longer the caller''s.';

revoke all on function pydb_internal.schedule_settle(text, timestamptz, uuid, text, text, text) from public;
