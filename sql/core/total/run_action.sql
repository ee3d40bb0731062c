-- pydb_internal.run_action (total): what a run did with its rows, in one word for monitoring.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_action(p_run pydb.job_run)
returns text
language plpgsql -- it keeps its plan
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select case
            when p_run.kind = 'archive' then case p_run.run_kind
                when 'archive_purge' then 'purged' when 'archive_export' then 'exported' else 'restored'
            end
            when p_run.kind = 'orphans' then case p_run.detail ->> 'mode'
                when 'nullify' then 'nulled' when 'quarantine' then 'quarantined' else 'deleted'
            end
            else 'deleted'
        end
    );
end
$$;

comment on function pydb_internal.run_action(pydb.job_run) is
'deleted; of a repair of orphans also nulled or quarantined; of archives purged, exported or restored.';

revoke all on function pydb_internal.run_action(pydb.job_run) from public;
