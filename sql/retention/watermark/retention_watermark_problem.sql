-- pydb_internal.retention_watermark_problem (watermark): why a role may not or cannot ask the watermark of a policy;
-- told from the catalog alone, nothing of it is parsed or run.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_watermark_problem(
    p_policy pydb.retention_policy,
    p_role oid,
    out problem text,
    out hint text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_source constant record := pydb_internal.retention_watermark_place(p_policy);
    v_author constant name := (select r.rolname from pg_roles as r where r.oid = p_policy.author_role);
    v_role constant text := quote_ident((select r.rolname from pg_roles as r where r.oid = p_role));
begin
    if p_policy.watermark_table is not null then
        select p.problem, p.hint into problem, hint
        from pydb_internal.retention_watermark_table_problem(
            p_policy.watermark_table, p_policy.watermark_column, p_policy.watermark_filter, p_role
        ) as p;
    else
        select p.problem, p.hint into problem, hint
        from pydb_internal.retention_watermark_function_problem(
            p_policy.watermark_function, v_source.routine, p_role
        ) as p;
    end if;
    if problem is null then
        problem := pydb_internal.column_moved_problem(p_policy.watermark_table, p_policy.columns_seen, 3);
        hint := case when problem is not null then 'Set the policy again, with the column that is meant.' end;
    end if;
    if problem is null and v_source.unit is null then
        problem := format('%s is of a type that tells no time here', v_source.place);
        hint := format('Name a column or a function of timestamptz, timestamp or date%s.', case
            when p_policy.time_unit in ('s', 'ms', 'us', 'ns')
                then format(', or a column of numbers in the unit %s of the policy', p_policy.time_unit)
            else '' end);
    elsif problem is null and num_nonnulls(p_policy.watermark_filter, p_policy.watermark_function) > 0
        and (v_author is null or not pg_has_role(p_policy.author_role, p_role, 'MEMBER'))
    then
        -- as a filter: what he chose to run, he must have been able to run himself
        problem := case when v_author is null then format('its author %I is gone', p_policy.author)
            else format('its author %I could not become %s himself', v_author, v_role) end;
        hint := format('Have a member of %s set the policy again%s.', v_role,
            ', or run it as a role that ' || quote_ident(v_author) || ' belongs to');
    end if;
end
$$;

comment on function pydb_internal.retention_watermark_problem(pydb.retention_policy, oid) is
'problem: why a role may not ask the watermark (null = it may): gone, another column, no plain table, whose function,
of another type, a right is missing, or the author of its filter or function could not become this role; hint: what to
type.';

revoke all on function pydb_internal.retention_watermark_problem(pydb.retention_policy, oid) from public;
