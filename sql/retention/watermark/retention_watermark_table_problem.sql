-- pydb_internal.retention_watermark_table_problem (watermark; by retention_watermark_problem): why a column of a table
-- cannot be asked for a watermark by a role.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_watermark_table_problem(
    p_table regclass,
    p_column name,
    p_filter text,
    p_role oid,
    out problem text,
    out hint text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_table);
    v_schema name;
    v_kind text;
begin
    select n.nspname, case
        -- a view and a foreign table run what others wrote, as whoever reads them
        when c.relkind not in ('r', 'p', 'm') then 'neither an ordinary or partitioned table nor a materialized view'
        when c.relpersistence = 't' then 'a temporary table'
        when c.relkind <> 'm' and exists (
            select from pydb_internal.retention_leaves(p_table) as l where l.foreign_table
        ) then 'a table with foreign partitions'
    end into v_schema, v_kind
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where c.oid = p_table;
    if not found then
        problem := format('its table %s is gone', p_table::oid);
        hint := 'Set the policy again with the table that tells it now.';
    elsif v_kind is not null then
        problem := format('%s is %s', v_name, v_kind);
        hint := 'Name a table or a materialized view, or a function that reads it.';
    elsif not exists (
        select from pg_attribute as a
        where a.attrelid = p_table and a.attname = p_column and a.attnum > 0 and not a.attisdropped
    ) then
        problem := format('%s has no column %s', v_name, coalesce(quote_ident(p_column), 'null'));
        hint := format('psql: \d %s', v_name);
    elsif not has_schema_privilege(p_role, v_schema, 'USAGE') then
        problem := format('%s may not use schema %I', p_role::regrole, v_schema);
        hint := format('grant usage on schema %I to %s;', v_schema, p_role::regrole);
    elsif p_filter is not null and not has_table_privilege(p_role, p_table, 'SELECT')
        or not has_column_privilege(p_role, p_table, p_column::text, 'SELECT')
    then
        problem := format('%s may not read %s', p_role::regrole, v_name);
        hint := format('grant select on %s to %s;', v_name, p_role::regrole);
    elsif p_filter is not null then
        problem := coalesce(
            pydb_internal.filter_problem(p_filter),
            pydb_internal.filter_names_problem(p_table, p_filter, true)
        );
        problem := format('its filter %L may not run any more: ', p_filter) || problem;
        hint := 'Look who changed it, then set the policy again.';
    end if;
end
$$;

comment on function pydb_internal.retention_watermark_table_problem(regclass, name, text, oid) is
'problem: gone, a view or a foreign table (which run code of others), no such column, a missing right, or a filter that
would no longer be accepted; null = it may be asked. hint: what to type.';

revoke all on function pydb_internal.retention_watermark_table_problem(regclass, name, text, oid) from public;
