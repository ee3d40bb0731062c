-- pydb.orphan_list: every reference and what the last scan found, without scanning.
-- reads the catalog, pydb.reference, pydb.orphan_finding   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.orphan_list as
select
    r.reference,
    r.kind,
    r.child,
    r.parent,
    r.on_delete,
    case when f.looked_at is null then 'unscanned' else f.status end as status,
    f.reason,
    f.sqlstate,
    f.orphans,
    f.unconfirmed,
    f.partly_null,
    f.checked_rows,
    f.coverage,
    f.sample,
    f.looked_at,
    f.scanned_at,
    f.first_seen,
    f.last_seen
from pydb_internal.orphan_references() as r
left join pydb.orphan_finding as f on f.reference = r.reference and f.kind = r.kind;

comment on view pydb.orphan_list is
'Every reference there is, with the result of its last whole scan and how the last look went. Reads findings only.';
comment on column pydb.orphan_list.reference is 'Name of the reference.';
comment on column pydb.orphan_list.kind is 'declared or logical.';
comment on column pydb.orphan_list.child is 'Referencing table and columns.';
comment on column pydb.orphan_list.parent is 'Referenced table and columns.';
comment on column pydb.orphan_list.on_delete is 'Action of the reference; a repair follows it.';
comment on column pydb.orphan_list.status is
'unscanned, or how the last look ended: complete, partial, skipped, error.';
comment on column pydb.orphan_list.reason is 'Why it is not complete, or what to know about the result.';
comment on column pydb.orphan_list.sqlstate is 'SQLSTATE of the error.';
comment on column pydb.orphan_list.orphans is 'Rows without a parent at the last whole scan; null before the first.';
comment on column pydb.orphan_list.unconfirmed is 'Rows without a parent that may be too young to count.';
comment on column pydb.orphan_list.partly_null is 'Orphans whose key is partly null (MATCH FULL).';
comment on column pydb.orphan_list.checked_rows is 'Rows of the child that the last whole scan looked at.';
comment on column pydb.orphan_list.coverage is 'Share of the child that the scan checked: 0 to 1.';
comment on column pydb.orphan_list.sample is 'Keys of some orphans.';
comment on column pydb.orphan_list.looked_at is 'When it was last looked at.';
comment on column pydb.orphan_list.scanned_at is 'End of the last whole scan.';
comment on column pydb.orphan_list.first_seen is 'Since when each whole scan has found orphans.';
comment on column pydb.orphan_list.last_seen is 'When a whole scan last found orphans.';

revoke all on pydb.orphan_list from public;
