-- pydb_internal.run_cure (log): what to do about an error of the server that does not say so itself.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_cure(p_sqlstate text, p_hint text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce((
        -- also = beside a hint of the server, which has no line to type
        select case when f.also then concat_ws(' ', nullif(p_hint, ''), f.cure)
            else coalesce(nullif(p_hint, ''), f.cure) end
        from (
            values
            (
                '55P03', false,
                'Who holds it: select pid, pg_blocking_pids(pid), query from pg_stat_activity where wait_event_type = '
                '''Lock''; to wait longer: select pydb.setting_set(''lock_timeout'', ''2 s'');'
            ),
            (
                '40001', false,
                'Others change the same rows. Run it again, or try more often: '
                'select pydb.setting_set(''retry_limit'', ''20'');'
            ),
            (
                '40P01', false,
                'Others lock the same rows in another order. Run it again, or try more often: '
                'select pydb.setting_set(''retry_limit'', ''20'');'
            ),
            (
                '42501', false,
                'The role that runs it lacks a right, or row-level security hides rows from it. The grants: '
                'select summary, detail, hint from pydb.doctor() where component = ''rights'';'
            ),
            (
                '25006', false,
                'Transactions are read-only here. Who says so: select setting, source from pg_settings '
                'where name = ''default_transaction_read_only'';'
            ),
            (
                '55000', true,
                'What keeps tables from being changed: select component, detail, hint from pydb.doctor() '
                'where status <> ''ok'';'
            ),
            (
                '42P10', true,
                'What keeps tables from being changed: select component, detail, hint from pydb.doctor() '
                'where status <> ''ok'';'
            ),
            (
                '53100', true,
                'A disk is full. Make room, then run it again; how large this database is: '
                'select pg_size_pretty(pg_database_size(current_database()));'
            ),
            (
                '53200', true,
                'Memory ran out. Where it was that of the lock table: alter system set max_locks_per_transaction = '
                '256; and restart the server. Else smaller batches: '
                'select pydb.setting_set(''batch_target'', ''100 ms'');'
            ),
            (
                '53300', true,
                'Connections ran out. Who has them: select usename, state, count(*) from pg_stat_activity '
                'group by 1, 2; how many there may be: show max_connections;'
            ),
            ('53', true, 'The server ran out of something; its log says more. Run it again.'),
            ('57P', true, 'The server or somebody ended the session; what was committed stays. Run it again.'),
            ('58', true, 'The system beneath the server failed; the log of the server says more.'),
            ('XX001', true, 'A table is damaged. Which, before anything else changes it: pg_amcheck --all'),
            ('XX002', true, 'An index is damaged. Which: pg_amcheck --all; then: reindex index concurrently NAME;')
        ) as f (code, also, cure)
        where starts_with(p_sqlstate, f.code)
        order by length(f.code) desc
        limit 1
    ), nullif(p_hint, ''));
$$;

comment on function pydb_internal.run_cure(text, text) is
'What to do about an error: its own hint, or, where it has none or one without a line to type, what this table says of
its SQLSTATE. Beside pydb_internal.run_fault, which says what becomes of the run.';

revoke all on function pydb_internal.run_cure(text, text) from public;
