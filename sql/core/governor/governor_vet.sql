-- pydb_internal.governor_vet (governor; by governor_set): hook of drafts: check an indicator as whoever sets it.
-- reads the catalog, pydb.governor_indicator   writes nothing   locks nothing
-- raises YD801
create or replace function pydb_internal.governor_vet(p_draft jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.governor_indicator;
    v_new pydb.governor_indicator;
    v_routine record;
    v_role constant oid := to_regrole(quote_ident(current_user))::oid;
    v_hint text;
    v_problem text;
begin
    select g.* into v_old from pydb_internal.governor_indicators() as g where g.name = p_draft ->> 'name';
    -- what is not said stays as it is
    v_new := jsonb_populate_record(v_old, case when v_old.name is null then jsonb_build_object(
        'enabled', true, 'back_off', '1 s', 'patience', '1 h', 'leaves_out', '{}'::text[], 'expects', '{}'::text[]
    ) else '{}' end || jsonb_strip_nulls(p_draft) - 'is_builtin' - 'author' - 'author_role' - 'updated_at');
    v_new.is_builtin := coalesce(v_old.is_builtin, false);
    v_problem := case
        when v_new.name is null or v_new.name !~ '^[a-z][a-z0-9_]{0,52}$'
            then format('%L is no name: a letter, then small letters, digits and _, at most 53', v_new.name)
        when v_new.function is null and not v_new.is_builtin then 'it needs a function'
        when v_new.threshold is null then 'it needs a threshold'
        when v_new.threshold < 0 or v_new.threshold in ('NaN', 'Infinity')
            then format('the threshold is %s: a finite number, 0 or more', v_new.threshold)
        when v_new.back_off not between interval '10 ms' and interval '1 h'
            then format('the back-off is %s: 10 ms to 1 hour', v_new.back_off)
        when v_new.patience not between interval '0' and interval '30 days'
            then format('the patience is %s: 0 to 30 days', v_new.patience)
        when array_position(v_new.leaves_out || v_new.expects, null) is not null then 'null is no name of a standby'
    end;
    if v_problem is null and v_new.function is not null then
        select n.nspname, p.proname into v_routine
        from pg_proc as p inner join pg_namespace as n on n.oid = p.pronamespace
        where p.oid = to_regprocedure(v_new.function || '(regclass)');
        -- as it is called: whatever else was said
        v_new.function := coalesce(
            quote_ident(v_routine.nspname) || '.' || quote_ident(v_routine.proname), v_new.function
        );
        select p.problem, p.hint into v_problem, v_hint
        from pydb_internal.governor_function_problem(v_new.function, v_role, v_role) as p;
    end if;
    if v_problem is not null then
        raise exception using errcode = 'YD801',
            message = format('indicator %s of the governor is refused', coalesce(v_new.name, 'null')),
            detail = v_problem || '.', hint = coalesce(
                v_hint, 'select pydb.governor_set(''queue_depth'', ''app.queue_depth'', 10000);'
            );
    end if;
    return to_jsonb(v_new);
end
$$;

comment on function pydb_internal.governor_vet(jsonb) is
'The draft of an indicator, completed by what it is now; YD801 for whatever is wrong with it, or with the rights of the
current role on its function.';

revoke all on function pydb_internal.governor_vet(jsonb) from public;
