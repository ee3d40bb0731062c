-- pydb_internal.run_check_now (clock): refuse to delete by a clock that is ahead of the server's.
-- reads the clock   writes nothing   locks nothing
-- raises YD105
create or replace function pydb_internal.run_check_now(p_run pydb_internal.run_state)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- whoever may run may not make rows older than they are: that would shorten any keep
    if p_run.now > clock_timestamp() and not coalesce(p_run.dry_run, false) then
        raise exception using errcode = 'YD105',
            message = format('%s: p_now is ahead of the clock', pydb_internal.run_label(p_run)),
            detail = format('p_now is %s, the server''s clock %s.', p_run.now, clock_timestamp()),
            hint = 'The future is for rehearsals: p_dry_run => true (pydb retention run POLICY --dry-run).';
    end if;
end
$$;

comment on function pydb_internal.run_check_now(pydb_internal.run_state) is
'Raises YD105 for a run that is no dry run and takes a moment ahead of the clock for now.';

revoke all on function pydb_internal.run_check_now(pydb_internal.run_state) from public;
