-- pydb_internal.retention_mapping_problem (rules): why the mapping table of a policy cannot
-- say how long rows are kept, asked by a role.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_mapping_problem(
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
    v_name constant text := pydb_internal.relation_name(p_policy.keep_table);
    v_count constant integer := cardinality(p_policy.keep_key);
    v_class record;
    v_column record;
begin
    select n.nspname, c.relkind, c.relpersistence, c.relowner, c.relrowsecurity, c.relforcerowsecurity into v_class
    from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace
    where c.oid = p_policy.keep_table;
    hint := format('psql: \d %s', v_name);
    if v_name is null then
        problem := format('its mapping table %s is gone', p_policy.keep_table::oid);
        hint := 'Set the policy again with the table that says it now.';
        return;
    elsif v_class.relkind not in ('r', 'p') or v_class.relpersistence = 't' or exists (
        select from pydb_internal.retention_leaves(p_policy.keep_table) as l where l.foreign_table
    ) then
        -- a view and a foreign table run what others wrote, as whoever reads them
        problem := format('%s is no ordinary or partitioned table', v_name);
        return;
    elsif p_policy.keep_table = p_policy.target then
        problem := format('%s is the table of the policy itself', v_name);
        hint := 'p_keep_column names a column of the table itself.';
        return;
    elsif coalesce(v_count, 0) = 0 or v_count is distinct from cardinality(p_policy.keep_by) then
        problem := 'p_keep_by and p_keep_key do not name as many columns';
        hint := 'p_keep_by => ''{tenant_id}'', p_keep_key => ''{tenant_id}'', p_keep_value => ''keep''';
        return;
    end if;
    for v_column in
        select u.by_name, u.key_name, t.atttypid as by_type, k.atttypid as key_type,
            t.attnum is null as by_gone, k.attnum is null as key_gone
        from unnest(p_policy.keep_by, p_policy.keep_key) as u (by_name, key_name)
        left join pg_attribute as t on t.attrelid = p_policy.target and t.attname = u.by_name and t.attnum > 0
            and not t.attisdropped
        left join pg_attribute as k on k.attrelid = p_policy.keep_table and k.attname = u.key_name and k.attnum > 0
            and not k.attisdropped
    loop
        problem := case
            when v_column.by_gone then format('%s has no column %s', p_policy.target_name,
                coalesce(quote_ident(v_column.by_name), 'null'))
            when v_column.key_gone then format('%s has no column %s', v_name,
                coalesce(quote_ident(v_column.key_name), 'null'))
            when pydb_internal.type_alike(v_column.by_type) is distinct from
                pydb_internal.type_alike(v_column.key_type) then format('column %I is of type %s and %I of %s is of %s',
                v_column.by_name, format_type(v_column.by_type, null), v_column.key_name, v_name,
                format_type(v_column.key_type, null))
            when pydb_internal.type_plain(v_column.key_type) is null then format(
                'column %I is of type %s: what its owner wrote may run where its values are compared',
                v_column.key_name, format_type(v_column.key_type, null))
        end;
        if problem is not null then
            return;
        end if;
    end loop;
    if pydb_internal.retention_keep_text(p_policy.keep_table, p_policy.keep_value, 't') is null then
        problem := format('column %s of %s is neither an interval nor a whole number of days',
            coalesce(quote_ident(p_policy.keep_value), 'null'), v_name);
    elsif not pydb_internal.retention_mapping_is_unique(p_policy) then
        problem := format('%s has no unique key (%s)', v_name, array_to_string(p_policy.keep_key, ', '));
        hint := format('create unique index concurrently on %s (%s);', v_name, (
            select string_agg(quote_ident(u.name), ', ' order by u.ord)
            from unnest(p_policy.keep_key) with ordinality as u (name, ord)
        ));
    elsif not has_schema_privilege(p_role, v_class.nspname, 'USAGE') then
        problem := format('%s may not use schema %I', p_role::regrole, v_class.nspname);
        hint := format('grant usage on schema %I to %s;', v_class.nspname, p_role::regrole);
    elsif not (
        select bool_and(has_column_privilege(p_role, p_policy.keep_table, u.name::text, 'SELECT'))
        from unnest(p_policy.keep_key || p_policy.keep_value) as u (name)
    ) then
        problem := format('%s may not read %s', p_role::regrole, v_name);
        hint := format('grant select on %s to %s;', v_name, p_role::regrole);
    elsif v_class.relrowsecurity
        and (v_class.relforcerowsecurity or not pg_has_role(p_role, v_class.relowner, 'USAGE'))
        and not (select r.rolsuper or r.rolbypassrls from pg_roles as r where r.oid = p_role)
    then
        problem := format('row-level security of %s hides rows from %s', v_name, p_role::regrole);
        hint := format('alter role %s bypassrls;', p_role::regrole);
    else
        hint := null;
    end if;
end
$$;

comment on function pydb_internal.retention_mapping_problem(pydb.retention_policy, oid) is
'problem: gone, no table, other columns or types than the policy''s, no unique key, a missing right, hidden rows; null =
it may be asked. hint: what to type.';

revoke all on function pydb_internal.retention_mapping_problem(pydb.retention_policy, oid) from public;
