-- pydb_internal.retention_watermark (watermark): up to when the rows of a policy may go, as its watermark says now, or
-- why that cannot be told.
-- reads the watermark   writes nothing   locks nothing above a select
-- raises what may pass when it is tried again: locks
create or replace function pydb_internal.retention_watermark(
    p_policy pydb.retention_policy,
    out at timestamptz,
    out place text,
    out problem text,
    out hint text
)
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off -- a part of the rows could tell another moment
as $$
declare
    v_source constant record := pydb_internal.retention_watermark_place(p_policy);
    v_ours text[];
    v_path name[];
begin
    place := v_source.place;
    select p.problem, p.hint into problem, hint
    from pydb_internal.retention_watermark_problem(p_policy, to_regrole(quote_ident(current_user))::oid) as p;
    if problem is null then
        begin
            if p_policy.watermark_function is not null then
                v_path := pydb_internal.application_path();
                perform pydb_internal.application_pin(p_policy.search_path, p_policy.target);
                v_ours := pydb_internal.application_enter(); -- the application's own code
            end if;
            execute v_source.query into at;
            if v_ours is not null then
                perform pydb_internal.application_leave(v_ours);
                perform pydb_internal.application_pin(v_path, p_policy.target);
            end if;
        exception when others then
            if (pydb_internal.run_fault(sqlstate)).passes then
                raise;
            end if;
            problem := format('%s cannot be read: %s (%s)', place, sqlerrm, sqlstate);
        end;
    end if;
    if problem is null then
        problem := case
            when at is null then format('%s tells no time, it is null', place)
            when at = '-infinity' then format('%s is -infinity', place)
            when at > clock_timestamp() then format('%s is %s, which lies in the future', place, at)
        end;
    end if;
    if problem is not null then
        at := null;
        hint := coalesce(hint, 'Look at it: ' || v_source.query || ';');
    elsif v_source.unit in ('s', 'ms', 'us', 'ns') then
        at := date_trunc('milliseconds', at); -- a float of seconds is no finer
    end if;
end
$$;

comment on function pydb_internal.retention_watermark(pydb.retention_policy) is
'at: the watermark; or problem: why there is none (not there any more, of another type, not readable, null, -infinity,
in the future), and hint, what to type. place: its name. For a policy that has one.';

revoke all on function pydb_internal.retention_watermark(pydb.retention_policy) from public;
