-- pydb_internal.run_advice (log): what to type next about a run.
-- reads pg_stat_activity, settings, pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_advice(p_run pydb.job_run)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- a policy's subject is its name; others say what is done first: job 5, scan, repair app.child.parent_id_ref
    v_named constant text := case
        when p_run.subject in ('every policy', 'every job') then null -- they could not be listed
        when p_run.kind = 'retention' then p_run.subject
        when strpos(p_run.subject, ' ') > 0 then substr(p_run.subject, strpos(p_run.subject, ' ') + 1)
    end;
    v_words constant text[] := array[v_named];
    v_again constant text := pydb_internal.shell_command(case p_run.kind
        when 'retention' then 'pydb retention run'
        when 'cascade' then 'pydb cascade resume'
        when 'orphans' then 'pydb orphans ' || split_part(p_run.subject, ' ', 1)
    end, v_words, nullif(concat_ws(' ', case
        when p_run.kind = 'orphans' then '--mode ' || ((p_run.plan || p_run.detail) ->> 'mode')
    end, case when p_run.dry_run then '--dry-run' end), ''));
    v_look constant text := pydb_internal.shell_command(case p_run.kind
        when 'retention' then 'pydb retention plan'
        when 'cascade' then 'pydb cascade jobs'
        when 'orphans' then 'pydb orphans list'
    end, v_words);
    v_show constant text := 'pydb runs show ' || p_run.id;
begin
    if pydb_internal.run_is_dead(p_run) then
        return 'its server process is gone; the next run says so in the log and goes on: ' || coalesce(v_again, v_show);
    elsif p_run.state = 'running' and p_run.governor_signal is not null then
        return format(
            '%s since %s, and goes on by itself: %s', case
                when p_run.governor_signal = 'slow' then 'it goes slower' else 'it rests' end,
            to_char(p_run.governor_since at time zone 'UTC', 'HH24:MI:SS"Z"'), p_run.governor_reason
        );
    elsif p_run.state in ('queued', 'running') then
        return 'it has not ended: ' || v_show;
    elsif p_run.state = 'completed' or exists (
        -- a later run of the same has taken over: what it says counts
        select 1 from pydb.job_run as r
        where r.kind = p_run.kind and r.subject = p_run.subject and r.id > p_run.id and r.state <> 'skipped'
            and r.dry_run <= p_run.dry_run
    ) then
        return null;
    elsif p_run.sqlstate = 'YD105' then
        return 'repeat without --now, or with an earlier time';
    elsif p_run.state = 'interrupted' then
        return 'its server process went away, what it committed stays; to go on: ' || coalesce(v_again, v_show);
    elsif p_run.sqlstate = '55006' then
        return case
            when exists (
                select from pydb.job_run as r
                where r.kind = p_run.kind and r.subject = p_run.subject and r.state = 'running'
                    and not pydb_internal.run_is_dead(r)
            ) then 'another run of it is live: pydb runs list --state running --kind ' || p_run.kind
            else 'the other run of it has ended; to run it: ' || coalesce(v_again, v_show)
        end;
    end if;
    return coalesce(
        case p_run.stop_reason
            when 'row_budget' then 'more is due; to go on: ' || v_again
            when 'time_budget' then coalesce(
                case p_run.state when 'blocked' then nullif(p_run.detail ->> 'hint', '') end,
                'more is due; to go on: ' || v_again
            )
            when 'wal_budget' then 'more is due; to go on: ' || v_again
            when 'window' then 'more is due; the next run in the window goes on'
            when 'fuse' then 'look at: ' || v_look || '; if that is right, raise fuse_rows or fuse_share'
            when 'held' then coalesce(nullif(p_run.detail ->> 'hint', ''), 'pydb hold list')
            when 'locked' then 'rows or the table were locked by others; repeat: ' || v_again
            when 'referenced' then 'other tables still reference these rows; see: ' || v_look
            when 'paused' then 'to go on: ' || pydb_internal.shell_command('pydb retention resume', v_words)
            when 'kill_switch' then 'to go on: pydb retention resume'
            when 'no_progress' then 'look at triggers and rules of the table: ' || v_look
            when 'standby' then 'run it on the primary'
            when 'cancelled' then 'what it did stays done; to go on: ' || v_again
            when 'governor' then 'the server was busy, see: pydb governor list; repeat: ' || v_again
            when 'error' then nullif(p_run.detail ->> 'hint', '')
        end,
        'see: ' || v_show
    );
end
$$;

comment on function pydb_internal.run_advice(pydb.job_run) is
'What to do next about a run and the command to type, by its state and reason; null if nothing is to be done, or a later
run of the same has taken over.';

revoke all on function pydb_internal.run_advice(pydb.job_run) from public;
