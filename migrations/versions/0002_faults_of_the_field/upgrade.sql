drop routine pydb_internal.cascade_edge_problem;

-- retention: units and times that cannot be meant
alter table pydb.retention_policy add column expire_implausible boolean not null default false;
comment on column pydb.retention_policy.expire_implausible is
'True: times before 1980 (and uuids that are not of version 7) expire like others; false: they are counted and stay.';
comment on column pydb.retention_policy.time_unit is
'timestamptz, timestamp, date or uuidv7 by the column''s type; s, ms, us or ns since 1970 for numbers.';
alter table pydb.retention_policy drop constraint retention_policy_time_unit_check;
alter table pydb.retention_policy add constraint retention_policy_time_unit_check check (
    time_unit in ('timestamptz', 'timestamp', 'date', 's', 'ms', 'us', 'ns', 'uuidv7')
);
drop routine pydb.retention_plan;
drop routine pydb.retention_policy_set;
drop routine pydb_internal.retention_measure;
drop routine pydb_internal.retention_survey;

-- references: conditions
alter table pydb.reference add column filter text, add column parent_filter text;
comment on column pydb.reference.filter is
'Only rows of the child for which this is true reference anything (commentable_type = ''Post''); null = all.';
comment on column pydb.reference.parent_filter is
'Only rows of the parent for which this is true can be referenced (deleted_at is null); null = all.';
alter type pydb_internal.reference_edge add attribute filter text, add attribute parent_filter text;
comment on column pydb_internal.reference_edge.filter is
'Condition on the child of a logical reference, its columns without alias; null = none.';
comment on column pydb_internal.reference_edge.parent_filter is 'The same on the parent.';
drop routine pydb.reference_set;
drop routine pydb_internal.orphan_source;

-- suggestions: measured on as many rows as asked
drop routine pydb_internal.reference_measure;
drop routine pydb.reference_suggest;
drop routine pydb_internal.reference_candidates;
