-- pydb_internal.run_fault (run): what a SQLSTATE means for a run, the same for every kind.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_fault(
    p_sqlstate text,
    out passes boolean,
    out state text,
    out reason text,
    out by_row boolean
)
language plpgsql -- it keeps its plan
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    select f.passes, f.state, f.reason, f.by_row into passes, state, reason, by_row
    from (
        values
        -- somebody holds a lock, or was quicker: tried again, smaller and later
        ('55P03', true, 'blocked', 'locked', false),
        ('40001', true, 'failed', 'error', false),
        ('40P01', true, 'failed', 'error', false),
        ('YD304', true, 'failed', 'error', false), -- rows changed under the delete
        ('23503', true, 'blocked', 'referenced', true), -- a child that came in between, or that keeps the row
        ('23001', true, 'blocked', 'referenced', true),
        ('23', true, 'blocked', 'error', true), -- another constraint keeps the row, or a trigger says so
        -- it cannot be done as things are, and trying again does not help
        ('42501', false, 'blocked', 'error', true), -- missing privilege
        ('25006', false, 'blocked', 'error', false), -- read-only
        ('55000', false, 'blocked', 'error', false), -- published without a replica identity
        ('42P10', false, 'blocked', 'error', false), -- or with a filter or columns that it does not serve
        ('YD001', false, 'blocked', 'error', false), -- unfit session or argument
        ('YD002', false, 'cancelled', 'cancelled', false), -- dropped since the call began
        ('YD003', false, 'blocked', 'error', false),
        ('YD004', false, 'blocked', 'error', false),
        ('YD005', false, 'blocked', 'error', false),
        ('YD014', false, 'blocked', 'error', false),
        ('YD015', false, 'blocked', 'error', false),
        ('YD016', false, 'blocked', 'error', false),
        ('YD104', false, 'blocked', 'fuse', false),
        ('YD105', false, 'blocked', 'fuse', false),
        ('YD106', false, 'blocked', 'error', false),
        ('YD112', false, 'blocked', 'referenced', false),
        ('YD114', false, 'blocked', 'error', false),
        ('YD119', false, 'blocked', 'error', false),
        ('YD123', false, 'blocked', 'error', false),
        ('YD301', false, 'blocked', 'error', false),
        ('YD302', false, 'blocked', 'referenced', false),
        ('YD306', false, 'blocked', 'error', false),
        ('YD307', false, 'blocked', 'error', false),
        ('YD401', false, 'blocked', 'error', false),
        ('YD402', false, 'blocked', 'error', false),
        ('YD404', false, 'blocked', 'error', false),
        ('YD601', false, 'blocked', 'error', false),
        ('YD602', false, 'blocked', 'error', false),
        ('YD703', false, 'blocked', 'held', true), -- a hold keeps the row
        ('YD704', false, 'blocked', 'held', false),
        ('YD603', false, 'blocked', 'error', true), -- a trigger deletes what nobody archives
        ('YD621', false, 'blocked', 'error', false),
        ('YD822', false, 'blocked', 'error', false), -- a window that is not there
        ('YD84', false, 'blocked', 'held', false), -- until somebody says so
        -- the server or the session, never one row
        ('08', false, 'failed', 'error', false),
        ('25', false, 'failed', 'error', false),
        ('40', false, 'failed', 'error', false),
        ('42', false, 'failed', 'error', false), -- a name that code of the application does not find: no matter of rows
        ('53', false, 'failed', 'error', false),
        ('57', false, 'failed', 'error', false),
        ('58', false, 'failed', 'error', false),
        ('F0', false, 'failed', 'error', false),
        ('XX', false, 'failed', 'error', false),
        ('YD', false, 'failed', 'error', false),
        ('', false, 'failed', 'error', true) -- anything else: a trigger may raise what it likes
    ) as f (code, passes, state, reason, by_row)
    where starts_with(p_sqlstate, f.code)
    order by length(f.code) desc
    limit 1;
end
$$;

comment on function pydb_internal.run_fault(text) is
'The one table of what errors mean: passes (worth another try), and the state and reason of a run that ends by it,
and by_row (a row alone may have raised it: the run looks for it, and goes around it). A class of two
characters stands for all its codes.';

revoke all on function pydb_internal.run_fault(text) from public;
