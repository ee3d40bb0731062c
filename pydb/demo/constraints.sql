-- Keys, time indexes and foreign keys of the example. Each step begins with a line "-- step: ...".

-- step: primary keys
alter table telemetry.host
add constraint host_pkey primary key (id),
add constraint host_hostname_key unique (hostname);
alter table telemetry.generation_runs
add constraint generation_runs_pkey primary key (id),
add constraint generation_runs_dataset_name_key unique (dataset_name);
alter table telemetry.dataset_score_jobs add constraint dataset_score_jobs_pkey primary key (id);
alter table telemetry.dataset_scores add constraint dataset_scores_pkey primary key (id);
alter table telemetry.host_telemetry_archival add constraint host_telemetry_archival_pkey primary key (id);
alter table telemetry.raw_events add constraint raw_events_pkey primary key (occurred_at, id);
alter table telemetry.features add constraint features_pkey primary key (feature_date, host_id, name);
alter table telemetry.alerts add constraint alerts_pkey primary key (id);
alter table trading.instrument add constraint instrument_pkey primary key (symbol);
alter table trading.model_runs add constraint model_runs_pkey primary key (id);
alter table trading.decisions add constraint decisions_pkey primary key (id);
alter table trading.trade_events add constraint trade_events_pkey primary key (id);
alter table trading.job_runs add constraint job_runs_pkey primary key (id);
alter table trading.match_runs add constraint match_runs_pkey primary key (id);
alter table trading.match_pairs add constraint match_pairs_pkey primary key (match_run_id, position);
alter table trading.settlements add constraint settlements_pkey primary key (id);
alter table trading.quotes add constraint quotes_pkey primary key (id);
alter table trading."Abrechnungsläufe" add constraint "Abrechnungsläufe_pkey" primary key ("LaufId");

-- step: indexes on time
create index generation_runs_finished_at_idx on telemetry.generation_runs (finished_at);
create index dataset_score_jobs_finished_at_idx on telemetry.dataset_score_jobs (finished_at);
create index dataset_scores_scored_at_idx on telemetry.dataset_scores (scored_at);
create index host_telemetry_archival_sampled_at_ms_idx on telemetry.host_telemetry_archival (sampled_at_ms);
create index alerts_raised_at_idx on telemetry.alerts (raised_at);
create index decisions_decided_at_idx on trading.decisions (decided_at);
create index trade_events_executed_at_idx on trading.trade_events (executed_at);
create index job_runs_finished_at_idx on trading.job_runs (finished_at);
create index match_runs_started_at_idx on trading.match_runs (started_at);
create index quotes_expires_at_idx on trading.quotes (expires_at);
create index "Abrechnungsläufe_ErstelltAm_idx" on trading."Abrechnungsläufe" ("ErstelltAm");

-- step: indexes on references
-- without these every deleted row would cost a scan of the child
create index dataset_score_jobs_dataset_id_idx on telemetry.dataset_score_jobs (dataset_id);
create index dataset_scores_dataset_id_idx on telemetry.dataset_scores (dataset_id);
create index dataset_scores_score_job_id_idx on telemetry.dataset_scores (score_job_id);
create index host_telemetry_archival_dataset_id_idx on telemetry.host_telemetry_archival (dataset_id);
create index alerts_dataset_id_idx on telemetry.alerts (dataset_id);
create index alerts_score_id_idx on telemetry.alerts (score_id);
create index model_runs_dataset_id_idx on trading.model_runs (dataset_id);
create index decisions_model_run_id_idx on trading.decisions (model_run_id);
create index trade_events_decision_id_idx on trading.trade_events (decision_id);
create index settlements_match_run_id_idx on trading.settlements (match_run_id);

-- step: foreign keys
-- no action and restrict: the child keeps its parent
alter table telemetry.dataset_scores
add constraint dataset_scores_dataset_id_fkey foreign key (dataset_id) references telemetry.generation_runs (id);
alter table trading.model_runs
add constraint model_runs_dataset_id_fkey foreign key (dataset_id) references telemetry.generation_runs (id);
alter table trading.decisions
add constraint decisions_model_run_id_fkey foreign key (model_run_id)
references trading.model_runs (id) on delete restrict,
add constraint decisions_symbol_fkey foreign key (symbol) references trading.instrument (symbol);
alter table trading.trade_events
add constraint trade_events_symbol_fkey foreign key (symbol) references trading.instrument (symbol);
alter table trading.settlements
add constraint settlements_match_run_id_fkey foreign key (match_run_id) references trading.match_runs (id);
alter table telemetry.dataset_score_jobs
add constraint dataset_score_jobs_host_id_fkey foreign key (host_id) references telemetry.host (id);
alter table telemetry.raw_events
add constraint raw_events_host_id_fkey foreign key (host_id) references telemetry.host (id);
alter table telemetry.host_telemetry_archival
add constraint host_telemetry_archival_host_id_fkey foreign key (host_id) references telemetry.host (id);
alter table telemetry.features
add constraint features_host_id_fkey foreign key (host_id) references telemetry.host (id);
-- cascade: the child goes with its parent
alter table telemetry.dataset_score_jobs
add constraint dataset_score_jobs_dataset_id_fkey foreign key (dataset_id)
references telemetry.generation_runs (id) on delete cascade;
alter table trading.match_pairs
add constraint match_pairs_match_run_id_fkey foreign key (match_run_id)
references trading.match_runs (id) on delete cascade;
-- set null: the child stays and forgets its parent
alter table telemetry.dataset_scores
add constraint dataset_scores_score_job_id_fkey foreign key (score_job_id)
references telemetry.dataset_score_jobs (id) on delete set null;
alter table telemetry.alerts
add constraint alerts_score_id_fkey foreign key (score_id)
references telemetry.dataset_scores (id) on delete set null;
alter table trading.trade_events
add constraint trade_events_decision_id_fkey foreign key (decision_id)
references trading.decisions (id) on delete set null;

-- step: statistics
analyze telemetry.host, telemetry.generation_runs, telemetry.dataset_score_jobs, telemetry.dataset_scores,
telemetry.host_telemetry_archival, telemetry.raw_events, telemetry.features, telemetry.alerts, trading.instrument,
trading.model_runs, trading.decisions, trading.trade_events, trading.job_runs, trading.match_runs,
trading.match_pairs, trading.settlements, trading.quotes, trading."Abrechnungsläufe";
