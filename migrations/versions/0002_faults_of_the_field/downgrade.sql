-- destroys: policies on nanoseconds or uuids, which policies take times before 1980, references with a condition
drop routine pydb_internal.cascade_edge_problem;

-- retention: units and times that cannot be meant
drop routine pydb.retention_plan;
drop routine pydb.retention_policy_set;
drop routine pydb_internal.retention_measure;
drop routine pydb_internal.retention_survey;
delete from pydb.retention_policy where time_unit in ('ns', 'uuidv7');
alter table pydb.retention_policy drop constraint retention_policy_time_unit_check;
alter table pydb.retention_policy add constraint retention_policy_time_unit_check check (
    time_unit in ('timestamptz', 'timestamp', 'date', 's', 'ms', 'us')
);
alter table pydb.retention_policy drop column expire_implausible;
comment on column pydb.retention_policy.time_unit is
'timestamptz, timestamp or date by the column''s type; s, ms or us since 1970 for integers.';

-- references: conditions
drop routine pydb.reference_set;
drop routine pydb_internal.orphan_source;
drop view pydb.reference_list;
-- without its condition a reference would take other tables' rows
delete from pydb.reference where filter is not null or parent_filter is not null;
alter table pydb.reference drop column filter, drop column parent_filter;
alter type pydb_internal.reference_edge drop attribute filter, drop attribute parent_filter;

-- suggestions: measured on as many rows as asked
drop routine pydb_internal.reference_measure;
drop routine pydb.reference_suggest;
drop routine pydb_internal.reference_candidates;
