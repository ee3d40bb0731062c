-- pydb_internal.archive_schedule (purge): have archives purged every night, from the first policy, job or delete on
-- that archives.
-- reads pydb.audit_log   writes pydb.schedule_source, pydb.audit_log   locks its row there
-- raises nothing
create or replace function pydb_internal.archive_schedule()
returns void
language plpgsql -- as the owner: whoever calls it is
set search_path = pg_catalog, pg_temp
as $$
declare
    c_nightly constant text := '40 4 * * *';
begin
    -- whoever has said when, or that it is not done, is not asked again
    update pydb.schedule_source as s
    set schedule = c_nightly, updated_at = clock_timestamp(), updated_by = session_user
    where s.procedure = 'archive_purge' and s.schedule is null and not exists (
        select from pydb.audit_log as a where a.action = 'schedule_set' and a.subject = 'archive_purge'
    );
    if found then
        perform pydb_internal.audit_add(
            'schedule_set', 'archive_purge', jsonb_build_object('old', null, 'new', c_nightly), null
        );
    end if;
end
$$;

comment on function pydb_internal.archive_schedule() is
'Gives archive_purge a schedule as soon as anything archives, unless somebody has set one or taken it away.';

revoke all on function pydb_internal.archive_schedule() from public;
