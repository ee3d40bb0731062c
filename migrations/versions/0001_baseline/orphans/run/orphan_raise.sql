-- pydb_internal.orphan_raise (run): raise the error of a run that failed, was blocked or was cancelled, after all of it
-- is committed.
-- reads nothing   writes nothing   locks nothing
-- raises YD110 YD111
create or replace function pydb_internal.orphan_raise(p_walk jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_walk ->> 'state' in ('failed', 'blocked', 'cancelled') or p_walk ->> 'halt' = 'cancelled' then
        raise exception using
            errcode = case p_walk ->> 'state' when 'failed' then 'YD110' when 'blocked' then 'YD111' else '57014' end,
            message = pydb_internal.orphan_outcome(p_walk),
            detail = format(
                'SQLSTATE %s. Everything committed before stays, and the log has it all.',
                coalesce(p_walk ->> 'sqlstate', 'none')
            ),
            hint = coalesce(
                nullif(p_walk ->> 'hint', ''),
                'select * from pydb.job_run where kind = ''orphans'' order by id desc limit 10;'
            );
    end if;
end
$$;

comment on function pydb_internal.orphan_raise(jsonb) is
'Raises YD110 for a failed run, YD111 for a blocked one, 57014 for a cancelled one; does nothing for others.';

revoke all on function pydb_internal.orphan_raise(jsonb) from public;
