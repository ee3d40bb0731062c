-- pydb_internal.run_fault (run): what a SQLSTATE means for a run, the same for every kind.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_fault(
    p_sqlstate text,
    out passes boolean,
    out state text,
    out reason text
)
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select f.passes, f.state, f.reason
    from (
        values
        -- somebody holds a lock, or was quicker: tried again, smaller and later
        ('55P03', true, 'blocked', 'locked'),
        ('40001', true, 'failed', 'error'),
        ('40P01', true, 'failed', 'error'),
        ('YD304', true, 'failed', 'error'), -- rows changed under the delete
        ('23', true, 'blocked', 'referenced'), -- a child that came in between; or a constraint keeps the row
        -- it cannot be done as things are, and trying again does not help
        ('42501', false, 'blocked', 'error'), -- missing privilege
        ('25006', false, 'blocked', 'error'), -- read-only
        ('55000', false, 'blocked', 'error'), -- published without a replica identity
        ('42P10', false, 'blocked', 'error'), -- or with a filter or columns that it does not serve
        ('YD001', false, 'blocked', 'error'), -- unfit session or argument
        ('YD002', false, 'cancelled', 'cancelled'), -- dropped since the call began
        ('YD003', false, 'blocked', 'error'),
        ('YD004', false, 'blocked', 'error'),
        ('YD005', false, 'blocked', 'error'),
        ('YD014', false, 'blocked', 'error'),
        ('YD104', false, 'blocked', 'fuse'),
        ('YD105', false, 'blocked', 'fuse'),
        ('YD106', false, 'blocked', 'error'),
        ('YD112', false, 'blocked', 'referenced'),
        ('YD114', false, 'blocked', 'error'),
        ('YD301', false, 'blocked', 'error'),
        ('YD302', false, 'blocked', 'referenced'),
        ('YD306', false, 'blocked', 'error'),
        ('YD307', false, 'blocked', 'error'),
        ('YD401', false, 'blocked', 'error'),
        ('YD402', false, 'blocked', 'error'),
        ('YD404', false, 'blocked', 'error'),
        ('', false, 'failed', 'error') -- anything else
    ) as f (code, passes, state, reason)
    where starts_with(p_sqlstate, f.code)
    order by length(f.code) desc
    limit 1;
$$;

comment on function pydb_internal.run_fault(text) is
'The one table of what errors mean: passes (worth another try), and the state and reason of a run that ends by it. A
class of two characters stands for all its codes.';

revoke all on function pydb_internal.run_fault(text) from public;
