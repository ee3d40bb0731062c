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
