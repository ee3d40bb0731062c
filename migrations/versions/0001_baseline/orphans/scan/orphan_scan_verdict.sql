-- pydb_internal.orphan_scan_verdict (scan; by orphan_scan_turn): the state in which a scan ends that has been at every
-- reference.
-- reads pydb.orphan_finding   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_scan_verdict(p_walk jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_held constant bigint := jsonb_array_length(p_walk -> 'held');
    v_sum record;
begin
    select
        count(*) filter (where f.status = 'error') as failed,
        count(*) filter (where f.status = 'skipped') as skipped,
        count(*) filter (where f.status = 'partial') as partial,
        max(f.sqlstate) filter (where f.status = 'error') as sqlstate,
        coalesce(sum(f.orphans), 0)::bigint as orphans
    into v_sum
    from pydb.orphan_finding as f
    where f.reference in (select jsonb_array_elements_text(p_walk -> 'all'));
    if v_sum.failed + v_sum.skipped + v_sum.partial + v_held = 0 then
        return p_walk || jsonb_build_object('state', 'completed', 'reason', 'exhausted', 'orphans', v_sum.orphans);
    end if;
    return p_walk || jsonb_build_object(
        'orphans', v_sum.orphans, 'sqlstate', v_sum.sqlstate,
        'state', case when v_sum.failed > 0 then 'failed' else 'partial' end,
        'reason', case when v_held > 0 and v_sum.failed + v_sum.skipped = 0 then 'locked' else 'error' end,
        'error', format(
            'not checked completely: %s with an error, %s skipped, %s in part, %s held by another session; '
            || 'see pydb.orphan_list', v_sum.failed, v_sum.skipped, v_sum.partial, v_held
        ),
        'hint', 'select * from pydb.orphan_list where status <> ''complete'';'
    );
end
$$;

comment on function pydb_internal.orphan_scan_verdict(jsonb) is
'The walk with its end: completed if every reference was checked completely; partial or failed, and why, if not.';

revoke all on function pydb_internal.orphan_scan_verdict(jsonb) from public;
