-- pydb_internal.schedule_claim_lost (process): may a job that was taken be taken again.
-- reads pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_claim_lost(p_claim pydb.schedule_claim)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select p_claim.attempt < 3 and case
        when p_claim.outcome is not null then p_claim.outcome = 'interrupted'
        else not pydb_internal.schedule_backend_alive(p_claim.pid, p_claim.backend_start)
    end
$$;

comment on function pydb_internal.schedule_claim_lost(pydb.schedule_claim) is
'True if the run of a claim was interrupted, or its server process is gone without having said how it ended, and it
was tried fewer than 3 times.';

revoke all on function pydb_internal.schedule_claim_lost(pydb.schedule_claim) from public;
