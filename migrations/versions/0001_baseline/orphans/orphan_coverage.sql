-- pydb.orphan_coverage: how much of the references the last looks covered, in one row, without scanning.
-- reads pydb.orphan_list   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.orphan_coverage as
select
    count(*) as total,
    count(*) filter (where l.status = 'complete') as complete,
    count(*) filter (where l.status = 'partial') as partial,
    count(*) filter (where l.status = 'skipped') as skipped,
    count(*) filter (where l.status = 'error') as failed,
    count(*) filter (where l.status = 'unscanned') as unscanned,
    coalesce(sum(l.orphans), 0)::bigint as orphans,
    coalesce(sum(l.unconfirmed), 0)::bigint as unconfirmed,
    count(*) filter (where l.orphans > 0) as with_orphans,
    min(l.scanned_at) as oldest_scan
from pydb.orphan_list as l;

comment on view pydb.orphan_coverage is
'One row: references in all, by the end of their last look, and what was found.';
comment on column pydb.orphan_coverage.total is 'References in the database.';
comment on column pydb.orphan_coverage.complete is 'Checked completely.';
comment on column pydb.orphan_coverage.partial is 'Checked in part: a scan goes on, or there are foreign partitions.';
comment on column pydb.orphan_coverage.skipped is
'Could not be looked at: privileges, row-level security, locks, gone.';
comment on column pydb.orphan_coverage.failed is 'Ended with an error.';
comment on column pydb.orphan_coverage.unscanned is 'Never looked at.';
comment on column pydb.orphan_coverage.orphans is 'Orphans at the last whole scans.';
comment on column pydb.orphan_coverage.unconfirmed is 'Rows without a parent that were too young to count.';
comment on column pydb.orphan_coverage.with_orphans is 'References with orphans.';
comment on column pydb.orphan_coverage.oldest_scan is 'The oldest of the results.';

revoke all on pydb.orphan_coverage from public;
