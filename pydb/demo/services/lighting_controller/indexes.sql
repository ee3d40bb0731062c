create index raw_event_occurred_at_idx on lighting.raw_event (occurred_at);
create index decision_decided_at_idx on lighting.decision (decided_at);
analyze lighting.lamp, lighting.raw_event, lighting.feature, lighting.decision, lighting.rollup;
