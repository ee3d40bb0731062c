drop routine pydb_internal.retention_rule_condition;
drop routine pydb_internal.retention_leaf_warnings;
drop routine pydb_internal.retention_effect_warnings;
drop routine pydb_internal.retention_cascade_plan;
drop routine pydb_internal.retention_beyond_condition;

create type pydb_internal.retention_last_rows as (
    relation oid,
    tids tid[]
);

comment on type pydb_internal.retention_last_rows is
'Rows of a partition that are old enough to go, and stay as the last of their groups.';
comment on column pydb_internal.retention_last_rows.relation is 'The partition.';
comment on column pydb_internal.retention_last_rows.tids is 'Where they lie.';

alter type pydb_internal.retention_said
    add attribute last pydb_internal.retention_last_rows[],
    add attribute since text;

comment on column pydb_internal.retention_said.last is
'Of a partitioned table whose last rows are kept: which these are; null = not asked (retention_last_survey).';
comment on column pydb_internal.retention_said.since is
'The time of the oldest row that has the last place which is kept: no older row is one of as many newer ones.';
drop routine pydb_internal.cascade_index_command;
-- references: a delete whose snapshot is older than a change of a reference says so
create table pydb_internal.reference_gate (
    is_only boolean not null default true,
    changes bigint not null default 0,
    constraint reference_gate_pkey primary key (is_only),
    constraint reference_gate_is_only_check check (is_only)
);
insert into pydb_internal.reference_gate default values;

comment on table pydb_internal.reference_gate is
'One row, written with each change of a logical reference: a delete whose snapshot is older gets a serialization
failure, where it would not see the reference.';
comment on column pydb_internal.reference_gate.is_only is 'True: there is one row.';
comment on column pydb_internal.reference_gate.changes is 'Changes of logical references.';

revoke all on pydb_internal.reference_gate from public;

alter type pydb_internal.retention_work
    add attribute fixed_ms float8,
    add attribute last_rows bigint,
    add attribute last_ms float8;

comment on column pydb_internal.retention_work.fixed_ms is
'What a batch takes however few its rows are, at most; null = it has not shown.';
comment on column pydb_internal.retention_work.last_rows is 'Rows of the last batch.';
comment on column pydb_internal.retention_work.last_ms is 'Milliseconds that it took.';

drop routine pydb_internal.retention_target_ms;
