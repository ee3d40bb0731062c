-- pydb_internal.governor_function_problem (governor): why a role may not ask a function for an indicator; told from the
-- catalog alone, nothing is run.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.governor_function_problem(
    p_function text,
    p_author oid,
    p_role oid,
    out problem text,
    out hint text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_routine constant oid := to_regprocedure(p_function || '(regclass)')::oid;
    v_proc pg_proc;
begin
    select p.* into v_proc from pg_proc as p where p.oid = v_routine;
    if not found then
        problem := format('there is no function %s(regclass)', p_function);
        hint := 'Name it with its schema, as in: app.queue_depth';
    elsif v_proc.prokind <> 'f' or v_proc.proretset or v_proc.prorettype <> 'pydb.governor_reading'::regtype then
        problem := format('%s does not return one pydb.governor_reading', p_function);
        hint := 'psql: \dT+ pydb.governor_reading';
    elsif v_proc.provolatile = 'v' then
        problem := format('%s is volatile: it may write, and an indicator only looks', p_function);
        hint := format('alter function %s(regclass) stable;', p_function);
    -- its owner may change it at any time, and it runs as whoever runs or looks
    elsif not exists (
        select from pg_roles as r
        where r.oid = v_proc.proowner and (r.rolsuper or pg_has_role(r.oid, p_role, 'MEMBER'))
    ) then
        problem := format(
            '%s belongs to %s, who could not become %s himself', p_function, v_proc.proowner::regrole, p_role::regrole
        );
        hint := format('alter function %s(regclass) owner to %s;', p_function, p_role::regrole);
    elsif not exists (select from pg_roles as r where r.oid = p_author)
        or not pg_has_role(p_author, p_role, 'MEMBER')
    then
        problem := format('who chose %s could not become %s himself', p_function, p_role::regrole);
        hint := format('Have a member of %s set the indicator again.', p_role::regrole);
    elsif not has_schema_privilege(p_role, v_proc.pronamespace, 'USAGE') then
        problem := format('%s may not use schema %s', p_role::regrole, v_proc.pronamespace::regnamespace);
        hint := format('grant usage on schema %s to %s;', v_proc.pronamespace::regnamespace, p_role::regrole);
    elsif not has_function_privilege(p_role, v_routine, 'EXECUTE') then
        problem := format('%s may not call %s', p_role::regrole, p_function);
        hint := format('grant execute on function %s(regclass) to %s;', p_function, p_role::regrole);
    end if;
end
$$;

comment on function pydb_internal.governor_function_problem(text, oid, oid) is
'problem: not there, not of the shape of an indicator, volatile, of an owner who is no superuser and could not become
the role, chosen by somebody who could not, or a missing right; null = it may be asked. hint: what to type.';

revoke all on function pydb_internal.governor_function_problem(text, oid, oid) from public;
