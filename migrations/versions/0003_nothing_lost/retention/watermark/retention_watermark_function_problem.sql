-- pydb_internal.retention_watermark_function_problem (watermark; by retention_watermark_problem): why a function may
-- not be asked for a watermark by a role.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_watermark_function_problem(
    p_function text,
    p_routine oid,
    p_role oid,
    out problem text,
    out hint text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_proc pg_proc;
begin
    select p.* into v_proc from pg_proc as p where p.oid = p_routine;
    if not found then
        problem := format('there is no function %s', p_function);
        hint := 'Name a function without arguments, with its schema: app.rolled_up_to().';
    elsif v_proc.prokind <> 'f' or v_proc.proretset then
        problem := format('%s is no function that returns one value', p_function);
        hint := 'Name a function without arguments that returns timestamptz, timestamp or date.';
    elsif v_proc.provolatile = 'v' then
        problem := format('%s is volatile: it may write, and a plan only looks', p_function);
        hint := format('alter function %s stable;', p_function);
    -- it may be changed by its owner at any time, and runs as whoever plans
    elsif not exists (
        select from pg_roles as r
        where r.oid = v_proc.proowner and (r.rolsuper or pg_has_role(r.oid, p_role, 'MEMBER'))
    ) then
        problem := format('%s belongs to %s, who could not become %s himself', p_function, v_proc.proowner::regrole,
            p_role::regrole);
        hint := format('alter function %s owner to %s;', p_function, p_role::regrole);
    elsif not has_schema_privilege(p_role, v_proc.pronamespace, 'USAGE') then
        problem := format('%s may not use schema %s', p_role::regrole, v_proc.pronamespace::regnamespace);
        hint := format('grant usage on schema %s to %s;', v_proc.pronamespace::regnamespace, p_role::regrole);
    elsif not has_function_privilege(p_role, p_routine, 'EXECUTE') then
        problem := format('%s may not call %s', p_role::regrole, p_function);
        hint := format('grant execute on function %s to %s;', p_function, p_role::regrole);
    end if;
end
$$;

comment on function pydb_internal.retention_watermark_function_problem(text, oid, oid) is
'problem: not there, not one value, volatile, of an owner who is no superuser and could not become the role, or a
missing right; null = it may be asked. hint: what to type.';

revoke all on function pydb_internal.retention_watermark_function_problem(text, oid, oid) from public;
