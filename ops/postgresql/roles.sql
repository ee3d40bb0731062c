-- Roles for pydb, all of them optional. Run as a superuser in the database that pydb is installed in, and again after
-- each upgrade: it grants exactly what is listed here and takes back what is not.
--   psql -X -v ON_ERROR_STOP=1 -f roles.sql app
--
--   pydb_owner     may own schema pydb, given CREATE on the database: PGOPTIONS='-c role=pydb_owner' pydb migrate up
--   pydb_monitor   looks: runs, policies, schedules, drift, and the plan of what it may SELECT
--   pydb_admin     defines policies, settings and schedules, pauses and resumes; looks. To set a policy it needs SELECT
--                  and DELETE on the table. It can write any policy, so it decides what pydb_runner deletes. It deletes by
--                  cascades, requests and approves cascade jobs; that needs SELECT and DELETE on all their tables. It
--                  sees what idempotency keys have recorded, resolves and resets them
--   pydb_runner    runs, also cascades and their jobs, and schedules what it runs; looks. It needs SELECT and DELETE
--                  on the tables (and SELECT on those that reference them); with UPDATE too it goes around locked rows
--   pydb_app       claims, completes and looks at idempotency keys, in every scope; publishes events of its own topics,
--                  reports degraded answers; nothing else
--   pydb_counsel   places and releases holds, and overrides them for some rows; looks. To hold rows it needs SELECT on
--                  their table. Nobody else overrides a hold; pydb_admin places and releases them too
--
-- None of them can log in. People and jobs log in as roles of their own:
--   create role nightly login in role pydb_runner;
--
-- Routines run with the rights of their caller, so what they call in schema pydb_internal is granted along with them
-- (the lists …_calls, which python -m tests.lint.roles writes; a test holds them to the calls).

begin;

set local search_path = pg_catalog, pg_temp;

do $roles$
declare
    v_role text;
    v_found text;
begin
    foreach v_role in array '{pydb_owner,pydb_admin,pydb_runner,pydb_monitor,pydb_app,pydb_counsel}'::text[] loop
        if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_role) then
            execute pg_catalog.format('create role %I nologin', v_role);
        end if;
        -- a role of this name that somebody else made must not bring rights of its own
        if exists (
            select from pg_catalog.pg_roles as r
            where r.rolname = v_role
                and (
                    r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolbypassrls or r.rolreplication or r.rolcanlogin
                )
        ) then
            raise exception using
                errcode = 'YD010',
                message = pg_catalog.format('role %I exists and is not what pydb would make', v_role),
                detail = 'It has an attribute such as SUPERUSER, CREATEROLE, BYPASSRLS or LOGIN.',
                hint = pg_catalog.format('look at it with \du %s; rename or alter it, then run this again', v_role);
        end if;
        -- nor by what it is a member of; what was given to it after an earlier run of this was given to pydb's role
        select pg_catalog.string_agg(g.rolname, ', ' order by g.rolname) into v_found
        from pg_catalog.pg_auth_members as m
        inner join pg_catalog.pg_roles as r on r.oid = m.member and r.rolname = v_role
        inner join pg_catalog.pg_roles as g on g.oid = m.roleid
        where not (g.rolname = 'pydb_monitor' and v_role in ('pydb_admin', 'pydb_runner', 'pydb_counsel'));
        if v_found is not null and coalesce(pg_catalog.current_setting('pydb.accept_roles', true), '') <> 'on'
            and not exists (
                select from pg_catalog.pg_namespace as n
                cross join lateral pg_catalog.aclexplode(n.nspacl) as a
                inner join pg_catalog.pg_roles as r on r.oid = a.grantee and r.rolname = v_role
                where n.nspname = 'pydb'
            )
        then
            raise exception using
                errcode = 'YD010',
                message = pg_catalog.format('role %I exists and is a member of %s', v_role, v_found),
                detail = 'Everybody in it would have those rights too, and what pydb grants to it.',
                hint = pg_catalog.format(
                    'revoke %s from %I; or, if that is as it should be: PGOPTIONS=''-c pydb.accept_roles=on'' psql -f',
                    v_found, v_role
                );
        elsif v_found is not null then
            raise warning 'role % is a member of %', v_role, v_found;
        end if;
        select pg_catalog.string_agg(g.rolname, ', ' order by g.rolname) into v_found
        from pg_catalog.pg_auth_members as m
        inner join pg_catalog.pg_roles as r on r.oid = m.roleid and r.rolname = v_role
        inner join pg_catalog.pg_roles as g on g.oid = m.member
        where not (v_role = 'pydb_monitor' and g.rolname in ('pydb_admin', 'pydb_runner', 'pydb_counsel'));
        if v_found is not null then
            raise notice 'members of %: %', v_role, v_found;
        end if;
    end loop;
end
$roles$;

-- who acts may also look
grant pydb_monitor to pydb_admin, pydb_runner, pydb_counsel;

revoke all on schema pydb, pydb_internal, pydb_archive from
    pydb_admin, pydb_runner, pydb_monitor, pydb_app, pydb_counsel;
revoke all on all tables in schema pydb, pydb_internal, pydb_archive from
    pydb_admin, pydb_runner, pydb_monitor, pydb_app, pydb_counsel;
revoke all on all routines in schema pydb, pydb_internal from
    pydb_admin, pydb_runner, pydb_monitor, pydb_app, pydb_counsel;

grant usage on schema pydb to pydb_admin, pydb_runner, pydb_monitor, pydb_app, pydb_counsel;
grant usage on schema pydb_internal to pydb_monitor;

grant select on
    pydb.alembic_version, pydb.archive_list, pydb.archive_manifest, pydb.archive_run, pydb.archive_status,
    pydb.archive_table, pydb.audit_head, pydb.cascade_job, pydb.degraded_count, pydb.entity, pydb.telemetry,
    pydb.erasure_status, pydb.event, pydb.governor_indicator,
    pydb.governor_status, pydb.guard_status, pydb.guard_subject, pydb.hold_status, pydb.idempotency_list,
    pydb.job_run, pydb.metric, pydb.metric_total, pydb.orphan_coverage, pydb.orphan_finding, pydb.orphan_list,
    pydb.orphan_part, pydb.policy_outlook, pydb.reference,
    pydb.reference_list, pydb.retention_history, pydb.retention_job_log, pydb.retention_partition,
    pydb.retention_policy, pydb.run_list, pydb.run_window, pydb.schedule_claim, pydb.schedule_source,
    pydb.schedule_status, pydb.scheduler, pydb.setting, pydb.vacuum_holder, pydb.window_status,
    pydb_internal.event_head, pydb_internal.idempotency_held, pydb_internal.metric_kind, pydb_internal.schema_object,
    pydb_internal.schema_source
to pydb_monitor;
grant select on pydb.audit_log, pydb.audit_seal to pydb_admin;
-- the books of `pydb schedule run`
grant insert, update, delete on pydb.schedule_claim, pydb.scheduler to pydb_runner;
-- the built-in policy prunes expired keys like any table; what claims and completes does not need this
grant select, delete on pydb.idempotency_key to pydb_runner;
-- what scans find, and what repairs take out: rows of tables that only who repairs needs to see
grant insert, update, delete on pydb.orphan_finding to pydb_runner;
grant select, delete on pydb.orphan_quarantine to pydb_runner;
-- who asks for an erasure for good sees in its plan what the quarantine holds
grant select on pydb.orphan_quarantine to pydb_admin;
-- archived rows come in by a run and leave by a restore or a purge: a trigger of each archive sees to that
grant usage on schema pydb_archive to pydb_admin, pydb_runner;
grant insert on all tables in schema pydb_archive to pydb_runner;
grant select, insert, delete on all tables in schema pydb_archive to pydb_admin;
-- what is to be stored goes through checks that run as whoever wants it: his insert fires them
grant insert, select (id) on pydb_internal.draft to pydb_admin, pydb_runner, pydb_counsel;

do $grants$
declare
    -- routines without overloads: the name is enough; the contract first, then what the command line calls besides
    c_app constant text := '
        degraded_report event_publish idempotency_claim idempotency_complete idempotency_fail idempotency_heartbeat
        idempotency_notify idempotency_peek
    ';
    c_app_calls constant text := '
    ';
    c_monitor constant text := '
        archive_export_waiting archive_is_own cascade_plan cascade_receipt cascade_unique_keys doctor entity_drift
        event_read event_status health help idempotency_stats metric_collectors migrate_check reference_suggest
        relation_name relation_resolve retention_outlook retention_plan retention_policy_drift retention_policy_explain
        retention_row_explain schedule_cron schedule_cron_query schedule_place schedule_rows space_scan space_touched
        space_vacuum_statement telemetry_recent telemetry_status
    ';
    c_monitor_calls constant text := '
        application_check_path application_enter application_leave application_path application_path_problem
        application_path_text application_pin application_settings archive_columns archive_drift archive_hurdle
        archive_lost archive_problem archive_top cascade_add_archive cascade_add_copies cascade_add_edges
        cascade_add_heirs cascade_add_held cascade_check_root cascade_copies cascade_copy_edges cascade_copy_parents
        cascade_copy_source cascade_default_is_constant cascade_default_problem cascade_edge_action cascade_edge_counts
        cascade_edge_problem cascade_edge_rows cascade_edge_verdict cascade_edge_warnings cascade_heir_rows
        cascade_index_command cascade_is_curable cascade_is_doubtful cascade_merge_rows cascade_missing_grants
        cascade_not_followed cascade_not_in_rows cascade_places cascade_plan_steps cascade_refusal
        cascade_relation_warnings cascade_resolve_choices cascade_root_key cascade_root_rows cascade_rows_to_set
        cascade_set_problem cascade_sets_key_columns cascade_tasks cascade_tids cascade_traverse cascade_traverse_deep
        catalog_columns catalog_lines catalog_objects catalog_others catalog_relations catalog_routines column_default
        column_moved_problem column_names column_numbers cron_daily cron_day_matches cron_field_values cron_fields
        cron_next cron_previous cron_seek cron_value cron_version_at_least doctor_archive doctor_cascade doctor_cron
        doctor_cron_connection doctor_cron_hidden doctor_cron_launcher doctor_execute doctor_failures doctor_governor
        doctor_grants doctor_guard doctor_hurdles doctor_idempotency doctor_job_owners doctor_jobs doctor_keys
        doctor_pydb doctor_rights doctor_runners doctor_runs doctor_scheduler doctor_seal doctor_server doctor_sources
        entity_lowered extension_relation filter_check_stored filter_columns filter_condition filter_function_problem
        filter_names filter_names_problem filter_problem filter_tokens filter_type_problem governor_archive_backlog
        governor_ask governor_autovacuum governor_disk_used governor_function_problem governor_indicators
        governor_lock_waiters governor_oldest_snapshot governor_read governor_replication_delay governor_replication_lag
        governor_slot_wal guard_approval guard_compare guard_differences guard_drift_text guard_problem guard_read
        guard_waiting_problem health_archive health_audit health_cascade health_cron health_database health_degraded
        health_drift health_ends health_events health_failed health_holds health_idempotency health_job_findings
        health_jobs health_migrations health_missed health_orphans health_retention health_run_findings health_say
        health_schedule health_seal health_targets health_telemetry hold_active hold_check_seeds hold_deep_condition
        hold_deep_query hold_defect hold_edges_between hold_filter_problem hold_free_condition hold_graph_of
        hold_has_edges hold_held_conditions hold_hint hold_is_asked hold_is_carried hold_kept_conditions
        hold_key_condition hold_mending hold_moved_problem hold_names_of hold_problem hold_relation hold_rule_of
        hold_said hold_seed_condition hold_seeds hold_source hold_state hold_tenant_relations hold_top key_match
        metric_archive metric_build metric_cascade metric_collect metric_database metric_edges metric_events metric_gap
        metric_health metric_histograms metric_holds metric_idempotency metric_interval metric_orphans metric_parts
        metric_policies metric_relations metric_retention metric_runs metric_scheduler metric_standbys metric_times
        object_is_trusted orphan_references reference_aliases reference_base_type reference_by_name reference_candidates
        reference_check_author reference_check_choices reference_check_moved reference_comparable reference_constrained
        reference_domain_refusals reference_edge_condition reference_edges reference_edges_among reference_effects
        reference_equality reference_get reference_has_silent reference_inbound reference_is_conditional
        reference_is_indexed reference_is_plain reference_is_sure reference_kind_columns reference_kinds
        reference_logical reference_match reference_measure reference_moved_problem reference_named
        reference_open_columns reference_overlooked reference_parse reference_partition_refusals reference_people
        reference_problem reference_publications reference_relation_shape reference_roles reference_row_condition
        reference_set_refusals reference_set_source reference_set_values reference_shape reference_shared_names
        reference_short_words reference_similar reference_source reference_stored_command reference_unique_refusals
        reference_unsettable reference_words relation_check_names relation_check_seen relation_identities
        relation_is_hypertable relation_names relation_problem relation_publications relation_published relation_renamed
        relation_rules relation_source relation_tree retention_aged_condition retention_along retention_below_condition
        retention_beyond_condition retention_blocker_conditions retention_bound retention_cascade_plan
        retention_check_author retention_check_children retention_check_columns retention_check_moved
        retention_check_rules retention_check_target retention_choices retention_chunk_bounds retention_chunk_check
        retention_chunk_is_served retention_chunk_problem retention_chunk_routine retention_chunk_units
        retention_code_hurdles retention_cut retention_cutoff retention_deletable_condition retention_due_terms
        retention_effect_warnings retention_end retention_endless_condition retention_enter retention_expired_condition
        retention_expiry retention_explain_cutoff retention_explain_partitions retention_explain_switches
        retention_explain_terms retention_explain_window retention_floor retention_fuse_problem retention_goes_at
        retention_guess_unit retention_has_infinity retention_has_rules retention_held_warnings
        retention_hurdle_warnings retention_hurdles retention_implausible_warnings retention_instant
        retention_is_ordered retention_keep_cutoff retention_keep_text retention_kept_query retention_last_groups
        retention_last_index retention_last_key retention_last_order retention_last_places retention_last_query
        retention_last_survey retention_leaf_warnings retention_leaves retention_mapping_is_unique
        retention_mapping_match retention_mapping_problem retention_meant_text retention_measure
        retention_missing_grants retention_named retention_null_rows retention_owner_hurdles retention_partition_bounds
        retention_partition_held retention_partition_hurdles retention_partition_is_timed retention_partition_leaves
        retention_partition_leftovers retention_partition_referenced retention_partition_rows retention_partition_units
        retention_partition_verdict retention_partition_warnings retention_policy_at retention_policy_get
        retention_policy_names retention_policy_warnings retention_rates retention_reach retention_references
        retention_row_reasons retention_row_rule retention_rule_condition retention_rule_lock retention_rule_problem
        retention_rule_source retention_rule_text retention_rule_warnings retention_said_of retention_save_action
        retention_save_hurdles retention_save_whole_action retention_schedules retention_session_hurdles
        retention_set_conditions retention_set_warnings retention_shape retention_spare_name retention_strategy
        retention_sure_condition retention_survey retention_terms retention_text_time retention_ticks
        retention_time_hint retention_time_index retention_time_type retention_time_unit retention_total_rows
        retention_touched retention_undo retention_until_text retention_version retention_watermark
        retention_watermark_function_problem retention_watermark_place retention_watermark_problem
        retention_watermark_table_problem retention_watermark_warnings rows_text run_action run_advice run_dead
        run_fault run_is_dead run_live schedule_actions schedule_backend schedule_backend_alive schedule_changes
        schedule_command schedule_command_parse schedule_failures schedule_fired schedule_job_name schedule_jobs
        schedule_known schedule_leftovers schedule_listed schedule_present schedule_prune_statement schedule_runs
        schedule_sources schedule_statements schedule_subjects schedule_targets schedule_wanted scheduler_alive
        seal_text setting_get setting_of_role shell_command shell_word space_free superuser_text telemetry_jobs
        telemetry_parts telemetry_problem telemetry_requests telemetry_schedules telemetry_until total_subject
        type_alike type_plain type_read window_users window_verdict
    ';
    c_admin constant text := '
        archive_adopt archive_chunk_add archive_export_leaves archive_export_pending archive_export_range
        archive_export_run archive_export_scope archive_exporter_end archive_exporter_join archive_holds archive_import
        archive_import_open archive_keep_set archive_manifest_enter archive_parts archive_purge archive_restore
        archive_span archive_write_off audit_head_text audit_note audit_seal_run audit_verified audit_verify
        cascade_approve cascade_cancel cascade_delete cascade_request degraded_report entity_approve entity_drop
        entity_set erasure_back erasure_export erasure_refuse erasure_replay erasure_verify erasure_verify_edges
        event_prune event_publish event_run export_pin governor_drop governor_set guard_allow guard_set health_watch
        hold_missing hold_place hold_refuse hold_release idempotency_peek idempotency_prune idempotency_reset
        idempotency_resolve orphan_check orphan_close orphan_reference_get reference_drop reference_parse_columns
        reference_set retention_pause retention_policy_approve retention_policy_drop retention_policy_set
        retention_resume run_close_cancelled schedule_audit schedule_plan schedule_set schedule_sync setting_set
        telemetry_create telemetry_drop telemetry_run window_drop window_set
    ';
    c_admin_calls constant text := '
        application_constraints application_cure application_detail application_fail application_raised application_said
        application_where archive_account archive_balance archive_check_back archive_check_restore archive_check_table
        archive_chunk_next archive_condition archive_doubles archive_due archive_enroll archive_export_evade
        archive_export_open archive_export_rows archive_export_turn archive_exporter_of archive_exporter_wait
        archive_fit archive_import_log archive_import_parts archive_import_same archive_inserted archive_is_conflict
        archive_is_held archive_keep_all archive_keep_back archive_key archive_manifest_store archive_manifest_vet
        archive_obstacle archive_one_by_one archive_open archive_order archive_orphans archive_purge_evade
        archive_purge_open archive_purge_rows archive_purge_turn archive_put archive_restore_rows archive_return
        archive_select archive_sequences archive_sieve archive_signature archive_statements archive_table_store
        archive_table_vet archive_try audit_digest audit_say audit_seal_batch audit_seal_due audit_seal_hash
        audit_seal_root cascade_approval_store cascade_approval_vet cascade_check_blocked cascade_check_edges
        cascade_check_held cascade_check_indexes cascade_check_job cascade_check_purge cascade_check_session
        cascade_check_shape cascade_check_switch cascade_check_terms cascade_check_trial cascade_clause cascade_counts
        cascade_delete_once cascade_deleted_counts cascade_deletes cascade_enter cascade_execute cascade_execute_native
        cascade_graph_hash cascade_held_by cascade_is_divisible cascade_is_refusable cascade_job_store cascade_job_vet
        cascade_late_rows cascade_log cascade_plan_command cascade_root_terms cascade_steps_done cascade_trial
        cascade_trigger_names cascade_triggered cascade_update_statements cascade_verify_counts cascade_write clock_wait
        column_places cron_check cron_check_seconds draft_add entity_approval_store entity_approval_vet entity_store
        entity_vet erasure_edges erasure_entries erasure_finish erasure_hashes erasure_is_readable erasure_key_source
        erasure_keys erasure_problem erasure_root_edge erasure_row erasure_salt erasure_scan erasure_search
        erasure_store erasure_stores erasure_tasks erasure_vet event_publish_batch event_watch filter_check
        filter_understood governor_decide governor_quiet governor_share governor_stop governor_store governor_vet
        guard_admit guard_check guard_check_shape hold_check_rows hold_check_table hold_digest hold_enter hold_read_keys
        hold_release_store hold_release_vet hold_see hold_still hold_store hold_tenant_keys hold_travel hold_vet
        hold_wake orphan_check_call orphan_check_closed orphan_check_rights orphan_close_plan orphan_close_problem
        orphan_close_try orphan_condition orphan_count_child orphan_count_piece orphan_drop_replaced orphan_edge
        orphan_key orphan_leaves orphan_part_enter orphan_problem orphan_source reference_advise reference_check_columns
        reference_check_table reference_check_types reference_enter reference_name reference_part_condition
        reference_store reference_type_hint reference_vet reference_warn_type retention_approval_store
        retention_approval_vet retention_builtin retention_bytes retention_check_keep retention_check_limits
        retention_check_new_rules retention_check_rights retention_check_terms retention_check_unit
        retention_check_values retention_check_watermark retention_partition_check retention_partition_problem
        retention_policy_store retention_policy_vet retention_seen retention_unruled run_beat run_begin run_blame
        run_call run_check_now run_check_read_write run_close run_close_dead run_close_interrupted run_cure run_drive
        run_end run_is_by_row run_is_read_only run_kind_get run_label run_log_batch run_log_done run_log_governor
        run_log_plan run_log_unstarted run_look run_mark run_message run_open run_open_within run_pin run_proceed
        run_react run_rest run_sentence run_series run_size run_stop run_tally run_tell run_terms_of run_unbegun
        schedule_is_command schedule_require telemetry_audit_statements telemetry_check_create telemetry_extend
        telemetry_forget telemetry_get telemetry_job_statements telemetry_request_statements telemetry_statements
        telemetry_store telemetry_unit telemetry_view_statements total_batches total_bucket window_stop window_within
    ';
    c_runner constant text := '
        archive_adopt archive_chunk_add archive_exporter_end archive_exporter_join archive_holds archive_import
        archive_import_open archive_manifest_enter archive_pending archive_purge audit_head_text audit_seal_run
        cascade_cancel cascade_delete cascade_jobs_due cascade_request cascade_run erasure_back erasure_export
        erasure_refuse erasure_replay erasure_verify erasure_verify_edges event_prune event_run export_goes_along
        export_leaves export_pin export_range health_watch hold_missing hold_refuse idempotency_prune orphan_check
        orphan_reference_get orphan_repair orphan_restore orphan_scan orphan_scan_run retention_batch
        retention_detach_candidates retention_detach_statement retention_export_run retention_run run_close_cancelled
        schedule_audit schedule_due schedule_plan schedule_prune schedule_settle schedule_sync schedule_take
        scheduler_beat scheduler_start telemetry_run
    ';
    c_runner_calls constant text := '
        application_constraints application_cure application_detail application_fail application_patience
        application_raised application_said application_where archive_account archive_balance archive_check_back
        archive_check_table archive_chunk_account archive_chunk_clear archive_chunk_next archive_condition
        archive_deleted archive_doubles archive_due archive_enroll archive_enter archive_exporter_of
        archive_exporter_wait archive_fit archive_free_condition archive_import_log archive_import_parts
        archive_import_same archive_inserted archive_is_conflict archive_is_held archive_keep_all archive_keep_back
        archive_key archive_manifest_store archive_manifest_vet archive_mark archive_obstacle archive_one_by_one
        archive_open archive_order archive_orphans archive_places archive_purge_evade archive_purge_open
        archive_purge_rows archive_purge_turn archive_put archive_restore_rows archive_return archive_select
        archive_sequences archive_shut archive_sieve archive_signature archive_statements archive_table_store
        archive_table_vet archive_try archive_versions audit_say audit_seal_batch audit_seal_due cascade_check_blocked
        cascade_check_copies cascade_check_edges cascade_check_graph cascade_check_held cascade_check_indexes
        cascade_check_job cascade_check_purge cascade_check_session cascade_check_shape cascade_check_switch
        cascade_check_terms cascade_check_trial cascade_clause cascade_counts cascade_delete_once cascade_deleted_counts
        cascade_deletes cascade_enter cascade_evade cascade_execute cascade_execute_native cascade_graph_hash
        cascade_graph_mark cascade_held_by cascade_is_divisible cascade_is_refusable cascade_job_batch
        cascade_job_closure cascade_job_delete cascade_job_keys cascade_job_progress cascade_job_queue cascade_job_rows
        cascade_job_start cascade_job_store cascade_job_take cascade_job_vet cascade_late_rows cascade_log
        cascade_next_pass cascade_open cascade_pin cascade_plan_command cascade_purge_late cascade_purge_parts
        cascade_purge_rows cascade_purge_take cascade_root_terms cascade_steps_done cascade_trial cascade_trigger_names
        cascade_triggered cascade_turn cascade_update_statements cascade_verify_counts cascade_write clock_wait
        draft_add erasure_edges erasure_entries erasure_finish erasure_hashes erasure_is_readable erasure_key_source
        erasure_keys erasure_problem erasure_root_edge erasure_row erasure_salt erasure_scan erasure_search
        erasure_store erasure_stores erasure_tasks erasure_vet event_publish_batch event_watch export_columns
        export_evade export_open export_slice export_terms export_turn export_verify filter_check filter_understood
        governor_decide governor_quiet governor_share governor_stop guard_admit guard_check guard_check_shape
        hold_check_rows hold_digest hold_enter hold_travel orphan_add_piece orphan_age orphan_apply orphan_apply_rows
        orphan_check_age orphan_check_call orphan_check_restore orphan_check_rights orphan_check_rules orphan_condition
        orphan_count_child orphan_count_piece orphan_edge orphan_effects orphan_effects_below orphan_enroll
        orphan_faults_end orphan_foreign_problem orphan_free orphan_held_rows orphan_horizon orphan_kept_rows
        orphan_leaves orphan_lock orphan_mode orphan_next_piece orphan_part_clear orphan_part_enter orphan_parts
        orphan_problem orphan_quarantine_store orphan_refused_rows orphan_repair_chunks orphan_repair_evade
        orphan_repair_next_pass orphan_repair_open orphan_repair_turn orphan_restore_rows orphan_resume orphan_ring
        orphan_scan_evade orphan_scan_open orphan_scan_order orphan_scan_piece orphan_scan_some orphan_scan_turn
        orphan_scan_verdict orphan_set_columns orphan_set_status orphan_signature orphan_source orphan_store_count
        orphan_store_result orphan_stuck orphan_take orphan_uncovered reference_enter reference_part_condition
        relation_has_code retention_account retention_archive retention_archive_triggered retention_bytes
        retention_check_batch retention_check_held retention_check_hurdles retention_check_runner retention_check_shape
        retention_check_unused retention_chosen retention_chunk_drop retention_chunk_place retention_chunk_stretch
        retention_chunk_turn retention_circles retention_cursor retention_cursor_parts retention_delete
        retention_delete_cascade retention_delete_rows retention_evade retention_faults_add retention_faults_end
        retention_first_size retention_first_work retention_gone retention_held_by retention_held_rows
        retention_held_since retention_learned retention_limit retention_lock retention_naming retention_next_pass
        retention_next_size retention_open retention_part retention_part_ends retention_partition_close
        retention_partition_evade retention_partition_finalize retention_partition_lock retention_partition_parts
        retention_partition_remove retention_partition_store retention_partition_turn retention_partition_vet
        retention_places retention_plan_verdict retention_policy_of retention_range retention_renamed
        retention_resume_position retention_run_check retention_save_batch retention_save_copy retention_save_detach
        retention_save_empty retention_save_exported retention_save_has_rows retention_save_turn retention_shape_adopt
        retention_shut retention_signature retention_take retention_target_ms retention_tell_held
        retention_tell_implausible retention_together retention_together_most retention_together_next
        retention_together_remove retention_together_statements retention_turn retention_unruled retention_verify
        retention_verify_foreign retention_verify_kept run_beat run_begin run_blame run_call run_check_now
        run_check_read_write run_close run_close_dead run_close_interrupted run_cure run_drive run_end run_is_by_row
        run_is_read_only run_kind_get run_label run_last run_log_batch run_log_done run_log_governor run_log_plan
        run_log_superuser run_log_unstarted run_look run_mark run_message run_open run_open_within run_pin run_proceed
        run_react run_rest run_sentence run_series run_size run_stop run_tally run_tell run_terms_of run_turns
        run_unbegun schedule_claim_lost schedule_conflict schedule_failures_add schedule_is_command schedule_require
        telemetry_extend telemetry_get telemetry_unit total_batches total_bucket window_stop window_within
    ';
    c_counsel constant text := '
        hold_override hold_place hold_refuse hold_release
    ';
    c_counsel_calls constant text := '
        audit_say column_places draft_add filter_check filter_understood hold_check_table hold_override_store
        hold_read_keys hold_release_store hold_release_vet hold_see hold_still hold_store hold_tenant_keys hold_vet
        hold_wake run_check_read_write
    ';
    v_grant record;
begin
    -- archives that the owner of pydb will make
    for v_grant in
        select n.nspowner::pg_catalog.regrole as owner from pg_catalog.pg_namespace as n where n.nspname = 'pydb_archive'
    loop
        execute pg_catalog.format(
            'alter default privileges for role %s in schema pydb_archive grant insert on tables to pydb_runner',
            v_grant.owner
        );
        execute pg_catalog.format(
            'alter default privileges for role %s in schema pydb_archive grant select, insert, delete on tables to '
            'pydb_admin', v_grant.owner
        );
    end loop;
    for v_grant in
        select g.role, u.name, p.oid::pg_catalog.regprocedure as routine
        from (
            values
            ('pydb_app', c_app || c_app_calls), ('pydb_monitor', c_monitor || c_monitor_calls),
            ('pydb_admin', c_admin || c_admin_calls), ('pydb_runner', c_runner || c_runner_calls),
            ('pydb_counsel', c_counsel || c_counsel_calls)
        ) as g (role, names)
        cross join lateral pg_catalog.regexp_split_to_table(pg_catalog.btrim(g.names, E' \n'), '\s+') as u (name)
        left join pg_catalog.pg_proc as p
            on p.proname = u.name
            and p.pronamespace in ('pydb'::pg_catalog.regnamespace, 'pydb_internal'::pg_catalog.regnamespace)
    loop
        if v_grant.routine is null then
            raise exception using
                errcode = 'YD013',
                message = pg_catalog.format('pydb has no routine %I here', v_grant.name),
                detail = 'This file belongs to another revision than the database is at.',
                hint = 'pydb migrate up, and take roles.sql from the same version of pydb';
        end if;
        execute pg_catalog.format('grant execute on routine %s to %I', v_grant.routine, v_grant.role);
    end loop;
end
$grants$;

commit;
