-- pydb_internal.doctor_hurdles (doctor; by doctor_rights): what else keeps the roles that run policies from doing
-- so, or cuts them short: publications, row-level security, settings of the role.
-- reads pydb.retention_policy, catalogs, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_hurdles(p_runners jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with runner as (
        select u.policy, u.procedure, u.role, to_regrole(quote_ident(u.role))::oid as oid
        from jsonb_to_recordset(p_runners) as u (policy text, procedure text, role text)
        where to_regrole(quote_ident(u.role)) is not null
    ),
    hurdle as (
        select h.code, case h.code
            when 'publication' then 'a publication keeps a policy from deleting'
            when 'row_security' then 'row-level security hides rows from the role that runs a policy'
            when 'goes_along' then 'a policy is to export partitions, and rows of other tables go along'
            else 'the role that runs a policy may not delete in its sessions'
        end as what, format('%s: %s', p.name, h.message) as said, h.hint
        from runner as u
        inner join pydb.retention_policy as p on p.name = u.policy
        inner join pg_class as c on c.oid = p.target
        cross join lateral pydb_internal.retention_hurdles(p, u.oid) as h
        where h.code <> 'privilege' -- doctor_grants has them
    ),
    setting as (
        select distinct u.role, u.oid, t.name, s.value, s.source
        from runner as u
        cross join unnest(array['statement_timeout', 'default_transaction_read_only']) as t (name)
        cross join lateral pydb_internal.setting_of_role(u.oid, t.name) as s
        -- what somebody has set in this session is no matter of a job
        where s.source not in ('client', 'interactive', 'session')
            and case t.name when 'statement_timeout' then s.value !~ '^0[a-z]*$' else s.value::boolean end
    )
    select
        'rights', 'error', h.code, h.what, left(string_agg(distinct h.said, '; '), 1000),
        string_agg(distinct h.hint, ' ')
    from hurdle as h
    group by h.code, h.what
    union all
    select
        'settings', 'degraded', 'statement_timeout', 'runs are cut off by statement_timeout: partial, or blocked',
        string_agg(format('%s: %s (%s)', s.role, s.value, s.source), '; ' order by s.role),
        string_agg(format('alter role %s in database %I set statement_timeout = 0;', s.oid::regrole, current_database()
            ), ' ' order by s.role)
    from setting as s
    where s.name = 'statement_timeout'
    group by s.name
    union all
    select
        'settings', 'ok', 'read_only_default', 'transactions are read-only by default: runs say read write themselves',
        string_agg(format('%s: default_transaction_read_only is on (%s)', s.role, s.source), '; ' order by s.role), null
    from setting as s
    where s.name <> 'statement_timeout'
    having count(*) > 0
$$;

comment on function pydb_internal.doctor_hurdles(jsonb) is
'Rows of pydb.doctor about what refuses or cuts off a run as the role that it has: publications without a replica
identity, row-level security, statement_timeout, session_replication_role; and read-only defaults, which do not.
p_runners = array of objects with policy, procedure and role.';

revoke all on function pydb_internal.doctor_hurdles(jsonb) from public;
