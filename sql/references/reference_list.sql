-- pydb.reference_list: every reference, declared and logical, logical ones whose column is gone too.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.reference_list as
select
    e.reference,
    e.kind,
    pydb_internal.relation_name(e.child) as child,
    e.child_columns,
    pydb_internal.relation_name(e.parent) as parent,
    e.parent_columns,
    case e.on_delete
        when 'c' then 'cascade'
        when 'n' then 'set null'
        when 'd' then 'set default'
        when 'r' then 'restrict'
        else 'no action'
    end as on_delete,
    e.is_valid,
    e.is_enforced,
    e.is_indexed,
    'ok'::text as status,
    e.filter,
    e.parent_filter
from pydb_internal.reference_edges() as e
union all
select
    r.name,
    'logical',
    coalesce(pydb_internal.relation_name(r.child), r.child_name),
    r.child_columns,
    coalesce(pydb_internal.relation_name(r.parent), r.parent_name),
    r.parent_columns,
    r.on_delete,
    false,
    false,
    false,
    p.problem,
    r.filter,
    r.parent_filter
from pydb.reference as r
cross join lateral pydb_internal.reference_problem(r) as p (problem)
where p.problem is not null;

comment on view pydb.reference_list is
'All references: foreign keys, one row each as somebody declared it (copies on partitions are not shown), and logical
references. What cascades follow and orphan scans check.';
comment on column pydb.reference_list.reference is 'Name: schema.table.constraint, quoted where needed.';
comment on column pydb.reference_list.kind is 'declared (a foreign key) or logical (set with pydb.reference_set).';
comment on column pydb.reference_list.child is 'Referencing table, qualified.';
comment on column pydb.reference_list.child_columns is 'Referencing columns.';
comment on column pydb.reference_list.parent is 'Referenced table, qualified.';
comment on column pydb.reference_list.parent_columns is 'Referenced columns, in the order of child_columns.';
comment on column pydb.reference_list.on_delete is
'What becomes of the child''s rows with their parent: cascade, set null, set default, restrict or no action.';
comment on column pydb.reference_list.is_valid is 'True: existing rows were checked (not NOT VALID; logical: false).';
comment on column pydb.reference_list.is_enforced is 'True: PostgreSQL acts on it; false for logical references.';
comment on column pydb.reference_list.is_indexed is 'True: an index of the child serves it.';
comment on column pydb.reference_list.status is
'ok, or what is gone or another by now: such a reference is neither followed nor checked.';
comment on column pydb.reference_list.filter is 'Condition on the child of a logical reference; null = none.';
comment on column pydb.reference_list.parent_filter is 'Condition on its parent; null = none.';

revoke all on pydb.reference_list from public;
