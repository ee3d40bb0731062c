-- pydb_internal.retention_run_sentence (run; by retention_run): how a run ended, in one line.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_run_sentence(p_walk jsonb)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select format(
        'policy %s: %s (%s), %s of %s rows %s%s', p_walk ->> 'policy', p_walk ->> 'state', p_walk ->> 'reason',
        p_walk ->> 'done', coalesce(p_walk ->> 'due', '?'),
        case when (p_walk ->> 'dry_run')::boolean then 'deleted (dry run)' else 'deleted' end,
        case when p_walk ->> 'reason' <> 'exhausted' then coalesce(': ' || (p_walk ->> 'error'), '') else '' end
    );
$$;

comment on function pydb_internal.retention_run_sentence(jsonb) is
'State, reason, rows and error of a finished walk in one line.';

revoke all on function pydb_internal.retention_run_sentence(jsonb) from public;
