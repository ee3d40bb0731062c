-- pydb_internal.orphan_scan_turn (scan; by orphan_turn): one turn of a scan: list the references at first, then look at
-- one piece of one of them.
-- reads the tables of the references   writes pydb.orphan_finding, pydb_internal.orphan_mark, pydb.job_run   locks the
-- finding
-- raises YD110 YD301
create or replace function pydb_internal.orphan_scan_turn(p_walk jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text;
    v_left text[];
    v_all text[];
    v_turn text;
    v_checked bigint;
begin
    if not p_walk ? 'left' then
        v_all := pydb_internal.orphan_enroll(p_walk ->> 'reference', (p_walk ->> 'restart')::boolean);
        p_walk := p_walk || jsonb_build_object('left', to_jsonb(v_all), 'all', to_jsonb(v_all), 'held', '[]'::jsonb);
        perform pydb_internal.run_log_plan((p_walk ->> 'run')::bigint, null, null, jsonb_build_object(
            'references', cardinality(v_all), 'finished', 0
        ));
        return p_walk;
    end if;
    v_left := array(select jsonb_array_elements_text(p_walk -> 'left'));
    v_name := pydb_internal.orphan_next(v_left);
    if v_name is null then
        return pydb_internal.orphan_scan_verdict(p_walk);
    end if;
    v_turn := pydb_internal.orphan_chunk(
        v_name, (p_walk ->> 'min_age')::interval, (p_walk ->> 'sample')::integer, (p_walk ->> 'range')::bigint,
        (p_walk ->> 'target')::float8
    );
    if v_turn = 'held' then
        p_walk := jsonb_set(p_walk, '{held}', (p_walk -> 'held') || to_jsonb(v_name));
    end if;
    if v_turn <> 'more' then
        v_left := array_remove(v_left, v_name);
    end if;
    select coalesce(sum(coalesce((f.progress ->> 'checked_rows')::bigint, f.checked_rows)), 0)::bigint into v_checked
    from pydb.orphan_finding as f
    where f.reference in (select jsonb_array_elements_text(p_walk -> 'all')) and (
        f.reference = v_name or f.looked_at >= (p_walk ->> 'started_at')::timestamptz
    );
    perform pydb_internal.run_log_batch((p_walk ->> 'run')::bigint, 0, 1, jsonb_build_object(
        'finished', jsonb_array_length(p_walk -> 'all') - cardinality(v_left), 'reference', v_name,
        'coverage', (select f.coverage from pydb.orphan_finding as f where f.reference = v_name),
        'checked_rows', v_checked
    ));
    return p_walk || jsonb_build_object('left', to_jsonb(v_left), 'done', v_checked);
end
$$;

comment on function pydb_internal.orphan_scan_turn(jsonb) is
'One turn of a scan; the references take turns. At the end the walk has a state.';

revoke all on function pydb_internal.orphan_scan_turn(jsonb) from public;
