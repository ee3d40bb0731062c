-- Roles for pydb, all of them optional. Run as a superuser in the database that pydb is installed in, and again after
-- each upgrade: it grants exactly what is listed here and takes back what is not.
--   psql -X -v ON_ERROR_STOP=1 -f roles.sql app
--
--   pydb_owner     may own schema pydb, given CREATE on the database: PGOPTIONS='-c role=pydb_owner' pydb migrate up
--   pydb_monitor   looks: runs, policies, schedules, drift, and the plan of what it may SELECT
--   pydb_admin     defines policies and settings, pauses and resumes; looks. To set a policy it needs SELECT and DELETE
--                  on the table. It can write any policy, so it decides what pydb_runner deletes. It deletes by
--                  cascades, requests and approves cascade jobs; that needs SELECT and DELETE on all their tables. It
--                  sees what idempotency keys have recorded, resolves and resets them
--   pydb_runner    runs, also cascades and their jobs, and schedules what it runs; looks. It needs SELECT and DELETE
--                  on the tables (and SELECT on those that reference them); with UPDATE too it goes around locked rows
--   pydb_app       claims, completes and looks at idempotency keys, in every scope; nothing else
--
-- None of them can log in. People and jobs log in as roles of their own:
--   create role nightly login in role pydb_runner;
--
-- Routines run with the rights of their caller, so the private ones (_name) are granted along with the public one that
-- calls them. A test holds the lists to the calls.

begin;

set local search_path = pg_catalog, pg_temp;

do $roles$
declare
    v_role text;
begin
    foreach v_role in array '{pydb_owner,pydb_admin,pydb_runner,pydb_monitor,pydb_app}'::text[] loop
        if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_role) then
            execute pg_catalog.format('create role %I nologin', v_role);
        end if;
        -- a role of this name that somebody else made must not bring rights of its own
        if exists (
            select from pg_catalog.pg_roles as r
            where r.rolname = v_role
                and (r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolbypassrls or r.rolreplication)
        ) then
            raise exception using
                errcode = 'YD010',
                message = pg_catalog.format('role %I exists and is not what pydb would make', v_role),
                detail = 'It has an attribute such as SUPERUSER, CREATEROLE or BYPASSRLS.',
                hint = pg_catalog.format('look at it with \du %s; rename or alter it, then run this again', v_role);
        end if;
    end loop;
end
$roles$;

-- who acts may also look
grant pydb_monitor to pydb_admin, pydb_runner;

revoke all on schema pydb from pydb_admin, pydb_runner, pydb_monitor, pydb_app;
revoke all on all tables in schema pydb from pydb_admin, pydb_runner, pydb_monitor, pydb_app;
revoke all on all routines in schema pydb from pydb_admin, pydb_runner, pydb_monitor, pydb_app;

grant usage on schema pydb to pydb_admin, pydb_runner, pydb_monitor, pydb_app;

grant select on
    pydb.alembic_version, pydb.cascade_job, pydb.entity, pydb.idempotency_list, pydb.job_run, pydb.orphan_coverage,
    pydb.orphan_finding, pydb.orphan_list, pydb.reference, pydb.reference_list, pydb.retention_job_log,
    pydb.retention_policy, pydb.schedule_claim, pydb.schedule_status, pydb.scheduler, pydb.schema_object,
    pydb.schema_source, pydb.setting
to pydb_monitor;
grant select on pydb.audit_log to pydb_admin;
-- the books of `pydb schedule run`
grant insert, update, delete on pydb.schedule_claim, pydb.scheduler to pydb_runner;
-- the built-in policy prunes expired keys like any table; what claims and completes does not need this
grant select, delete on pydb.idempotency_key to pydb_runner;
-- what scans find, and what repairs take out: rows of tables that only who repairs needs to see
grant insert, update, delete on pydb.orphan_finding to pydb_runner;
grant select, insert, delete on pydb.orphan_quarantine to pydb_runner;

do $grants$
declare
    -- routines without overloads: the name is enough
    c_monitor constant text := '
        cascade_plan doctor idempotency_stats migrate_check reference_suggest retention_plan
        _cascade_check_root _cascade_choices _cascade_closure _cascade_deep _cascade_default_missing
        _cascade_default_plain _cascade_doubtful _cascade_edge_notes _cascade_effect _cascade_entangled
        _cascade_hidden_cure _cascade_hurdle _cascade_key _cascade_match _cascade_meet _cascade_notes _cascade_obstacles
        _cascade_reach _cascade_root _cascade_seen _cascade_source _cascade_steps _cascade_tids _cascade_unique_keys
        _cascade_unseen _cascade_verdict _catalog_columns _catalog_lines _catalog_objects _catalog_others
        _catalog_relations _catalog_routines _column_default _column_names _column_numbers _doctor_cron
        _doctor_cron_connection _doctor_cron_hidden _doctor_cron_launcher _doctor_execute _doctor_grants
        _doctor_idempotency _doctor_jobs _doctor_pydb _doctor_rights _doctor_runners _doctor_runs _doctor_scheduler
        _doctor_server _entity_check_edges _inbound_references _key_match _orphan_references _reference_aliases
        _reference_base_type _reference_candidates _reference_comparable _reference_equality _reference_find
        _reference_index _reference_measure _reference_named _reference_near _reference_open_columns _reference_parts
        _reference_problem _reference_unsettable _reference_words _references _relation_name _relation_resolve
        _relation_unfit _retention_blockers _retention_bound _retention_cascade_plan _retention_check_target
        _retention_cutoff _retention_deletable _retention_effects _retention_fuse _retention_index _retention_instant
        _retention_kept_query _retention_leaf_notes _retention_leaves _retention_measure _retention_null_rows
        _retention_plan_notes _retention_policy_get _retention_policy_names _retention_predicate _retention_references
        _retention_strategy _retention_survey _retention_time_unit _retention_total_rows _rows_text _run_dead _run_live
        _schedule_actions _schedule_backend _schedule_backend_alive _schedule_command _schedule_command_policy
        _schedule_cron _schedule_cron_query _schedule_day_fits _schedule_field _schedule_fields _schedule_is_command
        _schedule_is_ours _schedule_job_name _schedule_next _schedule_place _schedule_prune_statement _schedule_rows
        _schedule_runs _schedule_seek _schedule_value _schedule_version_at_least _schedule_wanted _scheduler_alive
        _setting
    ';
    c_app constant text := '
        idempotency_claim idempotency_complete idempotency_fail idempotency_heartbeat idempotency_notify
        idempotency_peek
    ';
    c_admin constant text := '
        cascade_approve cascade_cancel cascade_delete cascade_request entity_drop entity_set idempotency_peek
        idempotency_prune idempotency_reset idempotency_resolve orphan_close reference_drop reference_set
        retention_pause retention_policy_drop retention_policy_set retention_resume schedule_sync setting_set
        _audit _cascade_apply _cascade_attempt _cascade_check_session _cascade_check_switch _cascade_compare
        _cascade_condition _cascade_done _cascade_job_store _cascade_kept _cascade_log _cascade_native
        _cascade_plan_call _cascade_refuse _cascade_signature _cascade_tally _cascade_unindexed _cascade_updates
        _cascade_write _entity_store _orphan_check_call _orphan_close_plan _orphan_close_refusal _orphan_close_try
        _orphan_close_wait _orphan_count _orphan_edge _orphan_find _orphan_key _orphan_predicate _orphan_read_only
        _orphan_replaced _pin _reference_advise _reference_check_columns _reference_check_table _reference_check_types
        _reference_columns _reference_name _reference_store _retention_builtin _retention_check_epoch
        _retention_check_filter _retention_check_keep _retention_check_rights _retention_check_terms
        _retention_policy_store _retention_scan_filter _run_done _schedule_audit _schedule_check _schedule_check_seconds
        _schedule_plan _schedule_require
    ';
    c_runner constant text := '
        cascade_cancel cascade_delete cascade_request cascade_run idempotency_prune orphan_repair orphan_restore
        orphan_scan orphan_scan_run retention_batch retention_run schedule_prune schedule_sync
        _audit _cascade_apply _cascade_attempt _cascade_batch _cascade_check_session _cascade_check_switch
        _cascade_collect _cascade_compare _cascade_condition _cascade_done _cascade_due _cascade_job_begin
        _cascade_job_end _cascade_job_progress _cascade_job_started _cascade_job_store _cascade_kept _cascade_late
        _cascade_log _cascade_look _cascade_native _cascade_plan_call _cascade_react _cascade_refuse _cascade_run_job
        _cascade_signature _cascade_tally _cascade_turn _cascade_unindexed _cascade_updates _cascade_whole
        _cascade_write _orphan_advance _orphan_age _orphan_apply _orphan_apply_rows _orphan_begin _orphan_check_call
        _orphan_check_rights _orphan_chunk _orphan_conclude _orphan_edge _orphan_effects _orphan_end _orphan_enroll
        _orphan_find _orphan_forward _orphan_horizon _orphan_leaves _orphan_look _orphan_mode _orphan_next _orphan_note
        _orphan_outcome _orphan_piece _orphan_predicate _orphan_prepare _orphan_progress _orphan_raise _orphan_react
        _orphan_read_only _orphan_refuse _orphan_repair_adapt _orphan_repair_find _orphan_repair_step
        _orphan_repair_turn _orphan_repair_verdict _orphan_restore_check _orphan_restore_rows _orphan_scan_turn
        _orphan_scan_verdict _orphan_segments _orphan_set_columns _orphan_source _orphan_turn _orphan_uncovered
        _orphan_unfit _orphan_walk _pin _retention_account _retention_adapt _retention_advance _retention_begin
        _retention_cascade _retention_check_rights _retention_check_runner _retention_cursor _retention_delete
        _retention_delete_rows _retention_end _retention_finish _retention_held _retention_move _retention_pause
        _retention_prepare _retention_range _retention_react _retention_refuse _retention_resume_position
        _retention_run_check _retention_run_policy _retention_run_sentence _retention_segment _retention_signature
        _retention_step _retention_take _retention_terms _retention_verify _run_beat _run_cancelled _run_close _run_done
        _run_interrupted _run_last _run_note _run_open _run_planned _run_settle _run_step _schedule_audit
        _schedule_claim_lost _schedule_conflict _schedule_due _schedule_plan _schedule_previous _schedule_require
        _schedule_settle _schedule_take _scheduler_beat _scheduler_start
    ';
    v_grant record;
begin
    for v_grant in
        select g.role, u.name
        from (
            values ('pydb_app', c_app), ('pydb_monitor', c_monitor), ('pydb_admin', c_admin), ('pydb_runner', c_runner)
        ) as g (role, names)
        cross join lateral pg_catalog.regexp_split_to_table(pg_catalog.btrim(g.names, E' \n'), '\s+') as u (name)
    loop
        execute pg_catalog.format('grant execute on routine pydb.%I to %I', v_grant.name, v_grant.role);
    end loop;
end
$grants$;

commit;
