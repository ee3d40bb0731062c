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
