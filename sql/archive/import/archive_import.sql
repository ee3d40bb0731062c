-- pydb_internal.archive_import (import; for pydb/archive/load.py): put what was read in from files into its tables,
-- parents first: as a restore does.
-- writes the tables, pydb.job_run, pydb.audit_log   locks what it writes
-- raises YD001 YD005 YD015 YD604 YD624 YD625, 42501, and what triggers raise
create or replace function pydb_internal.archive_import(
    p_places jsonb,
    p_on_conflict text,
    p_key jsonb,
    p_table regclass,
    p_allow_triggers boolean,
    p_dry_run boolean,
    p_search_path name[] default null
)
returns setof pydb.archive_step
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set jit = off
as $$
declare
    v_started constant timestamptz := clock_timestamp();
    v_run bigint;
    v_found record;
    v_steps pydb.archive_step[];
    v_same bigint;
    v_told record;
    v_said text;
    v_detail text;
begin
    perform pydb_internal.archive_check_back(array(
        select (e.value ->> 'source')::oid from jsonb_array_elements(p_places) as e
    ), p_on_conflict);
    perform pydb_internal.application_pin(p_search_path, (e.value ->> 'source')::oid)
    from jsonb_array_elements(p_places) as e;
    v_found := pydb_internal.archive_import_parts(p_places, p_key, p_table);
    if p_on_conflict = 'stop' and not p_dry_run then
        for v_told in
            select u.source_name, o.what
            from unnest(v_found.parts) as u cross join lateral pydb_internal.archive_obstacle(u) as o
            where o.code is not null
            limit 1
        loop
            raise exception using errcode = 'YD624', message = format('the file does not fit %s', v_told.source_name),
                detail = v_told.what || '.',
                hint = 'Bring the columns back as they were, or import into another table: --into';
        end loop;
    end if;
    begin
        v_steps := pydb_internal.archive_restore_rows(
            null, v_found.parts, case when p_dry_run then 'skip' else p_on_conflict end, null, p_dry_run
        );
    exception when sqlstate 'YD605' then
        get stacked diagnostics v_said = message_text, v_detail = pg_exception_detail;
        raise exception using errcode = 'YD625', message = v_said, detail = v_detail,
            hint = 'See all of them with --dry-run; --on-conflict skip leaves them out and imports the others.';
    end;
    if not p_allow_triggers and not p_dry_run then
        select string_agg(s.relation, ', ') into v_said
        from unnest(v_steps) as s where s.restored > 0 and 'trigger' = any(s.codes);
        if v_said is not null then
            raise exception using errcode = 'YD625', message = 'triggers run on what comes back',
                detail = format('Tables: %s. Nothing was imported.', v_said),
                hint = '--allow-triggers lets them run, as for an INSERT of the application; or disable them.';
        end if;
    end if;
    if not p_dry_run then
        v_run := pydb_internal.archive_import_log(v_steps, v_started);
    end if;
    for v_number in 1 .. coalesce(cardinality(v_steps), 0) loop
        v_same := (v_found.same ->> v_number::text)::bigint;
        v_steps[v_number].rows := (v_steps[v_number]).rows + v_same;
        if v_same > 0 then
            v_steps[v_number].codes := (v_steps[v_number]).codes || 'same'::text;
        end if;
        if (v_steps[v_number]).restored > 0 and not p_dry_run then
            perform pydb_internal.audit_say('archive_import', (v_steps[v_number]).relation, jsonb_build_object(
                'files', (
                    select jsonb_agg(f.value) from jsonb_array_elements(p_places) as e
                    cross join lateral jsonb_array_elements(e.value -> 'files') as f
                    where (e.value ->> 'source')::oid = ((v_found.parts)[v_number]).source
                ), 'rows_imported', (v_steps[v_number]).restored,
                'rows_skipped', (v_steps[v_number]).conflicts
            ), v_run);
        end if;
    end loop;
    perform pydb_internal.application_pin(null, null); -- the caller's transaction goes on
    return query select s.* from unnest(v_steps) as s;
end
$$;

comment on function pydb_internal.archive_import(jsonb, text, jsonb, regclass, boolean, boolean, name[]) is
'Puts back what archive_import_open made and COPY has filled (p_places: objects with number, source, rows, files), in
one transaction, with the rules, codes and steps of pydb.archive_restore. What is in its table as the file has it is
left alone (code same). YD625: stop met a conflict, or triggers would run; YD624: a column with values is gone.
p_search_path: schemas in which triggers look for names.';

revoke all on function pydb_internal.archive_import(jsonb, text, jsonb, regclass, boolean, boolean, name[]) from public;
