-- pydb_internal.guard_waiting_problem (guard): why a policy may not run yet: nobody approved what it is now.
-- reads pydb.guard_subject, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.guard_waiting_problem(p_name text, p_version text)
returns text
language plpgsql
stable
security definer -- whoever plans or runs a policy need not read who approved it
set search_path = pg_catalog, pg_temp
as $$
declare
    v_subject pydb.guard_subject;
begin
    select s.* into v_subject from pydb.guard_subject as s where s.kind = 'policy' and s.name = p_name;
    if v_subject.approved_version = p_version then
        return null;
    end if;
    return case pydb_internal.guard_approval(p_name)
        when 'own' then 'what the policy is now waits for approval'
        when 'other' then format(
            'what the policy is now waits for approval by another than %s', v_subject.requested_by
        )
    end;
end
$$;

comment on function pydb_internal.guard_waiting_problem(text, text) is
'That this version of the policy waits for approval, and by whom it cannot come; null = it may run.';

revoke all on function pydb_internal.guard_waiting_problem(text, text) from public;
