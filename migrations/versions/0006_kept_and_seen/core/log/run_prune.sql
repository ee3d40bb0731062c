-- pydb_internal.run_prune (log): remove old runs of a subject from the log: those that ended longer than job_run_keep
-- ago.
-- reads pydb.setting   writes pydb.job_run   locks the rows it deletes; passes over those that somebody else holds
-- raises nothing
create or replace function pydb_internal.run_prune(p_kind text, p_subject text, p_limit integer default 1000)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before constant timestamptz := clock_timestamp() - pydb_internal.setting_get(p_name => 'job_run_keep')::interval;
begin
    if v_before is null or pydb_internal.setting_get(p_name => 'kill_switch')::boolean then
        return; -- kept for ever, or somebody wants nothing to go now
    elsif not exists (
        select from pydb.job_run as r where r.kind = p_kind and r.subject = p_subject and r.started_at < v_before
    ) then
        return; -- as nearly always: what is below is not even planned
    end if;
    -- The newest run that was not skipped stays, however old: the next one learns from it. So does a skipped one, while
    -- nothing newer says how the subject fares. A dry run says nothing about that.
    delete from pydb.job_run as r
    where r.id = any(array(
        select o.id
        from pydb.job_run as o
        where o.kind = p_kind and o.subject = p_subject and o.started_at < v_before
            and o.finished_at < v_before and (
            o.dry_run or exists (
                select 1
                from pydb.job_run as n
                where n.kind = p_kind and n.subject = p_subject and n.id > o.id and not n.dry_run
                    and (o.state = 'skipped' or n.state not in ('queued', 'running', 'skipped'))
            )
        )
        order by o.started_at
        limit p_limit
        for update of o skip locked
    ));
end
$$;

comment on function pydb_internal.run_prune(text, text, integer) is
'Deletes at most p_limit runs of a subject that ended longer than the setting job_run_keep ago, but never its newest,
nor the newest that was not skipped, nor a live one; nothing while the kill switch is on.';

revoke all on function pydb_internal.run_prune(text, text, integer) from public;
