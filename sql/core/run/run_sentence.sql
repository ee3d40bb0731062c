-- pydb_internal.run_sentence (run): how a run ended, in one line.
-- reads pydb_internal.run_kind   writes nothing   locks nothing
-- raises YD901
create or replace function pydb_internal.run_sentence(p_run pydb_internal.run_state)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return format(
        '%s: %s (%s), %s%s%s', pydb_internal.run_label(p_run), p_run.state, p_run.reason,
        coalesce(p_run.said, case
            when p_run.due is not null then format('%s of %s rows deleted', p_run.done, p_run.due)
            when p_run.done > 0 then pydb_internal.rows_text(p_run.done) || ' deleted'
            else 'nothing was deleted' -- it never came to a count
        end),
        case when p_run.dry_run then ' (dry run)' else '' end,
        case when p_run.reason <> 'exhausted' then coalesce(': ' || p_run.error, '') else '' end
    );
end
$$;

comment on function pydb_internal.run_sentence(pydb_internal.run_state) is
'Name, state, reason, rows and error of a finished run in one line.';

revoke all on function pydb_internal.run_sentence(pydb_internal.run_state) from public;
