create index trade_event_executed_at_idx on trading.trade_event (executed_at);
create index job_run_finished_at_idx on trading.job_run (finished_at);
create index match_run_started_at_idx on trading.match_run (started_at);
analyze trading.trade_event, trading.job_run, trading.match_run;
