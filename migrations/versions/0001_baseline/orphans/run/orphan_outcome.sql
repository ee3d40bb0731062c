-- pydb_internal.orphan_outcome (run): say to the caller in a notice or a warning how a run ended that needs no error.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_outcome(p_walk jsonb)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_said constant text := format(
        '%s: %s%s (%s)%s%s', p_walk ->> 'subject', p_walk ->> 'state',
        case when (p_walk ->> 'dry_run')::boolean then ' dry run' else '' end, p_walk ->> 'reason',
        case
            when p_walk ->> 'task' = 'scan' then
                coalesce(', ' || pydb_internal.rows_text((p_walk ->> 'orphans')::bigint) || ' without a parent', '')
            when (p_walk ->> 'dry_run')::boolean then
                coalesce(
                    ', ' || pydb_internal.rows_text((p_walk ->> 'due')::bigint) || ' to ' || (p_walk ->> 'mode'), '')
            else coalesce(
                format(', %s of ', p_walk ->> 'done') || (p_walk ->> 'due') || ' rows: ' || (p_walk ->> 'mode'), ''
            )
        end, coalesce(': ' || (p_walk ->> 'error'), '')
    );
begin
    if p_walk ->> 'state' = 'completed' then
        raise notice '%', v_said;
    elsif p_walk ->> 'state' in ('partial', 'skipped') then
        raise warning '%', v_said;
    end if;
    return v_said;
end
$$;

comment on function pydb_internal.orphan_outcome(jsonb) is
'The end of a run as a sentence; a notice if it was completed, a warning if it is partial or was skipped.';

revoke all on function pydb_internal.orphan_outcome(jsonb) from public;
