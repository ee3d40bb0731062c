-- pydb_internal.run_fault (run): what a SQLSTATE means for a run, the same for every kind, and what cures it.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_fault(
    p_sqlstate text,
    out passes boolean,
    out state text,
    out reason text,
    out cure text
)
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select f.passes, f.state, f.reason, f.cure
    from (
        values
        -- somebody holds a lock, or was quicker: tried again, smaller and later
        (
            '55P03', true, 'blocked', 'locked',
            'Who holds it: select pid, pg_blocking_pids(pid), query from pg_stat_activity where wait_event_type = '
            '''Lock''; to wait longer: select pydb.setting_set(''lock_timeout'', ''2 s'');'
        ),
        (
            '40001', true, 'failed', 'error',
            'Others change the same rows; run it again, or try more often: select pydb.setting_set(''retry_limit'', '
            '''20'');'
        ),
        (
            '40P01', true, 'failed', 'error',
            'Others lock the same rows in another order; run it again, or try more often: '
            'select pydb.setting_set(''retry_limit'', ''20'');'
        ),
        ('YD304', true, 'failed', 'error', null), -- rows changed under the delete
        ('23', true, 'blocked', 'referenced', null), -- a child that came in between; or a constraint keeps the row
        -- it cannot be done as things are, and trying again does not help
        (
            '42501', false, 'blocked', 'error',
            'The role that runs it lacks a right, or row-level security hides rows from it; the grants: '
            'select summary, hint from pydb.doctor() where component = ''rights'';'
        ),
        (
            '25006', false, 'blocked', 'error',
            'Transactions are read-only here; who says so: select setting, source from pg_settings where name = '
            '''default_transaction_read_only'';'
        ),
        (
            '55000', false, 'blocked', 'error',
            'What keeps the tables from changing: select summary, hint from pydb.doctor() where status <> ''ok'';'
        ),
        (
            '42P10', false, 'blocked', 'error',
            'What keeps the tables from changing: select summary, hint from pydb.doctor() where status <> ''ok'';'
        ),
        ('YD001', false, 'blocked', 'error', null), -- unfit session or argument
        ('YD002', false, 'cancelled', 'cancelled', null), -- dropped since the call began
        ('YD003', false, 'blocked', 'error', null),
        ('YD004', false, 'blocked', 'error', null),
        ('YD005', false, 'blocked', 'error', null),
        ('YD014', false, 'blocked', 'error', null), -- published without a replica identity
        ('YD104', false, 'blocked', 'fuse', null),
        ('YD105', false, 'blocked', 'fuse', null),
        ('YD106', false, 'blocked', 'error', null),
        ('YD112', false, 'blocked', 'referenced', null),
        ('YD114', false, 'blocked', 'error', null),
        ('YD301', false, 'blocked', 'error', null),
        ('YD302', false, 'blocked', 'referenced', null),
        ('YD306', false, 'blocked', 'error', null),
        ('YD307', false, 'blocked', 'error', null),
        ('YD401', false, 'blocked', 'error', null),
        ('YD402', false, 'blocked', 'error', null),
        ('YD404', false, 'blocked', 'error', null),
        -- what the server ran out of
        (
            '53100', false, 'failed', 'error',
            'A disk is full; what is large: select pg_size_pretty(pg_database_size(current_database())); make room, '
            'then run it again.'
        ),
        (
            '53200', false, 'failed', 'error',
            'Memory ran out. Where it was that for locks, more of them: alter system set max_locks_per_transaction = '
            '256; and restart the server; else lower work_mem, or the batches: '
            'select pydb.setting_set(''batch_target'', ''100 ms'');'
        ),
        (
            '53300', false, 'failed', 'error',
            'Connections ran out: show max_connections; and: select usename, state, count(*) from pg_stat_activity '
            'group by 1, 2;'
        ),
        ('53', false, 'failed', 'error', 'The server ran out of something; its log says more. Run it again.'),
        (
            '57', false, 'failed', 'error',
            'Somebody ended the session, or the server shut down; what was committed stays. Run it again.'
        ),
        ('58', false, 'failed', 'error', 'The system beneath the server failed; look into the log of the server.'),
        (
            'XX001', false, 'failed', 'error',
            'A table is damaged; look which before anything else changes it: pg_amcheck --all'
        ),
        (
            'XX002', false, 'failed', 'error',
            'An index is damaged; look which: pg_amcheck --all; then: reindex index concurrently NAME;'
        ),
        ('', false, 'failed', 'error', null) -- anything else
    ) as f (code, passes, state, reason, cure)
    where starts_with(p_sqlstate, f.code)
    order by length(f.code) desc
    limit 1;
$$;

comment on function pydb_internal.run_fault(text) is
'The one table of what errors mean: passes (worth another try), the state and reason of a run that ends by it, and what
cures it, where the error itself does not say so. A class of two characters stands for all its codes.';

revoke all on function pydb_internal.run_fault(text) from public;
