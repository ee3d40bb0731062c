-- pydb_internal.retention_check_watermark (watermark; by retention_policy_vet): accept the watermark of a policy as
-- whoever sets it, and complete it.
-- reads the catalog, the watermark's table   writes nothing   locks nothing above a select
-- raises YD103 YD118; warns YD119
create or replace function pydb_internal.retention_check_watermark(p_policy pydb.retention_policy)
returns pydb.retention_policy
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_problem text;
    v_hint text := 'Give p_watermark_table and p_watermark_column, or p_watermark_function.';
    v_mark record;
begin
    p_policy.watermark_pick := coalesce(p_policy.watermark_pick, 'max');
    if p_policy.watermark_function is not null then
        begin
            p_policy.watermark_function := (
                select format('%I.%I()', n.nspname, p.proname)
                from pg_proc as p
                inner join pg_namespace as n on n.oid = p.pronamespace
                where p.oid = to_regprocedure(regexp_replace(p_policy.watermark_function, '\(\s*\)\s*$', '') || '()')
            );
            v_problem := case when p_policy.watermark_function is null
                then 'p_watermark_function is no function without arguments, with its schema' end;
        exception when syntax_error_or_access_rule_violation or data_exception then
            v_problem := format('p_watermark_function is no name: %s', sqlerrm);
        end;
    end if;
    v_problem := coalesce(v_problem, case
        when p_policy.watermark_pick not in ('max', 'min') then 'p_watermark_pick is max or min'
        when num_nonnulls(p_policy.watermark_table, p_policy.watermark_function) > 1
            then 'it is a column or a function, not both'
        when num_nonnulls(p_policy.watermark_table, p_policy.watermark_column) = 1
            then 'a table needs a column, and a column a table'
        when p_policy.watermark_table is null and p_policy.watermark_filter is not null
            then 'p_watermark_filter needs p_watermark_table'
    end);
    if v_problem is null and num_nonnulls(p_policy.watermark_table, p_policy.watermark_function) > 0 then
        p_policy.author_role := to_regrole(quote_ident(current_user));
        v_mark := pydb_internal.retention_watermark_problem(
            jsonb_populate_record(p_policy, '{"watermark_filter": null}'), p_policy.author_role
        );
        v_problem := v_mark.problem;
        v_hint := v_mark.hint;
    end if;
    if v_problem is not null then
        raise exception using errcode = 'YD118',
            message = format('the watermark is refused: %s', v_problem),
            detail = 'It tells up to when rows may go: a column of timestamptz, timestamp or date, or a function.',
            hint = v_hint;
    elsif num_nonnulls(p_policy.watermark_table, p_policy.watermark_function) > 0 then
        if p_policy.watermark_filter is not null then
            p_policy.watermark_filter := pydb_internal.filter_check(
                p_policy.watermark_table, p_policy.watermark_filter
            );
        end if;
        v_mark := pydb_internal.retention_watermark(p_policy);
        if v_mark.problem is not null then
            raise warning using errcode = 'YD119',
                message = format('policy %s: its watermark blocks it now: %s', p_policy.name, v_mark.problem),
                hint = v_mark.hint;
        end if;
    end if;
    return p_policy;
end
$$;

comment on function pydb_internal.retention_check_watermark(pydb.retention_policy) is
'The policy with its watermark as the server understood it; YD118 for one that the current role could not ask, and a
warning (YD119) for one that blocks runs as it is now.';

revoke all on function pydb_internal.retention_check_watermark(pydb.retention_policy) from public;
