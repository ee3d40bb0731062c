-- pydb._doctor_rights: as whom do the jobs run, and may that role do what they do.
-- reads pydb.retention_policy, pydb.setting, catalogs   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._doctor_rights(p_cron jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_policies jsonb;
begin
    select coalesce(jsonb_agg(jsonb_build_object(
        'name', p.name, 'role', r.rolname, 'roleless', r.oid is null, 'super', r.rolsuper,
        'scheduled', s.role is not null,
        'relation', coalesce(pydb._relation_name(p.target), p.target_name),
        'gone', c.oid is null,
        'lacks', c.oid is not null and r.oid is not null and not (
            has_table_privilege(r.oid, c.oid, 'select') and has_table_privilege(r.oid, c.oid, 'delete')
            and has_schema_privilege(r.oid, c.relnamespace, 'usage')
            and has_schema_privilege(r.oid, 'pydb', 'usage')
        )
    ) order by p.name), '[]') into v_policies
    from pydb.retention_policy as p
    left join pg_class as c on c.oid = p.target
    left join pydb._schedule_rows(p_cron) as s on s.policy = p.name and s.present
    left join pg_roles as r
        on r.rolname = coalesce(s.role, pydb._setting(p_name => 'schedule_role'), current_user)
    where p.enabled;
    return query
    select
        'rights', k.status, k.reason, k.what, left(string_agg(distinct k.said, '; '), 1000),
        left(string_agg(distinct k.hint, ' '), 1000)
    from jsonb_to_recordset(v_policies) as p (
        name text, role text, super boolean, roleless boolean, scheduled boolean, relation text, gone boolean,
        lacks boolean
    )
    cross join lateral (
        values
        (
            p.gone, 'error', 'target_gone', 'the table of a policy is gone', format('%s: %s', p.name, p.relation),
            format('select pydb.retention_policy_drop(%L);', p.name)
        ),
        (
            p.roleless, 'error', 'role_gone', 'the role that should run a policy does not exist', p.name,
            'select pydb.setting_set(''schedule_role'', ''name of a role''); select * from pydb.schedule_sync();'
        ),
        (
            p.lacks, 'error', 'missing_privilege', 'the role that runs a policy may not',
            format('%s on %s as %s', p.name, p.relation, p.role),
            format('grant select, delete on %s to %s;', p.relation, quote_ident(p.role))
        ),
        (
            p.super and p.scheduled, 'degraded', 'superuser', 'jobs run as a superuser',
            p.role,
            'select pydb.setting_set(''schedule_role'', ''pydb_runner''); select * from pydb.schedule_sync();'
        )
    ) as k (applies, status, reason, what, said, hint)
    where k.applies
    group by k.status, k.reason, k.what;
    if not found then
        return query select
            'rights', 'ok', 'sufficient',
            format('the roles that run %s policies have what they need', jsonb_array_length(v_policies)),
            null::text, null::text;
    end if;
end
$function$;

comment on function pydb._doctor_rights(jsonb) is
'Rows of pydb.doctor about the roles that jobs run as: privileges on the tables, superusers.';

revoke all on function pydb._doctor_rights(jsonb) from public;
