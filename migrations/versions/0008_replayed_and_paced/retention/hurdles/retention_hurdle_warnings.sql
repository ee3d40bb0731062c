-- pydb_internal.retention_hurdle_warnings (hurdles; by retention_policy_warnings): what would keep a run of the policy
-- from deleting, or cut it short, as the role that will run it.
-- reads the catalog, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_hurdle_warnings(p_policy pydb.retention_policy)
returns pydb_internal.retention_warning[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- who fires the schedule; by hand, and without the setting, it is whoever asks
    v_role constant oid := coalesce(
        case when p_policy.schedule is not null
            then to_regrole(quote_ident(pydb_internal.setting_get(p_name => 'schedule_role')))::oid
        end, to_regrole(quote_ident(current_user))::oid
    );
    v_all pydb_internal.retention_warning[];
begin
    select coalesce(array_agg(row(
        h.code, format('a run would be blocked: %s: %s', h.message, h.hint)
    )::pydb_internal.retention_warning), '{}')
    into v_all
    from pydb_internal.retention_hurdles(p_policy, v_role) as h;
    return v_all || array(
        select row(t.name, format(
            case t.name
                when 'statement_timeout' then '%s is %s for %s: a run is cut off after it, partial or blocked: %s'
                when 'transaction_timeout' then '%s is %s for %s: a run takes no notice of it, a batch has its own time'
            end, t.name, s.value, v_role::regrole, s.cure
        ))::pydb_internal.retention_warning
        from unnest(array['statement_timeout', 'transaction_timeout']) as t (name)
        cross join lateral pydb_internal.setting_of_role(v_role, t.name) as s
        where s.value !~ '^0[a-z]*$'
    );
end
$$;

comment on function pydb_internal.retention_hurdle_warnings(pydb.retention_policy) is
'Warnings of a plan: what retention_hurdles says, which blocks a run, with its cure; statement_timeout, which
cuts it off, and transaction_timeout, which does not.';

revoke all on function pydb_internal.retention_hurdle_warnings(pydb.retention_policy) from public;
