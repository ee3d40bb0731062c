-- pydb_internal.cascade_heir_rows (root): rows with some keys that are in tables that inherit from the root, where no
-- delete of the root reaches.
-- reads the root and its heirs   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.cascade_heir_rows(p_root regclass, p_keys jsonb)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_columns name[];
    v_typed text;
    v_match text;
    v_rows bigint;
begin
    if not exists (
        select 1 from pg_inherits as i
        inner join pg_class as c on c.oid = i.inhparent and c.relkind = 'r'
        where i.inhparent = p_root
    ) then
        return 0;
    end if;
    v_columns := pydb_internal.cascade_root_key(p_root, p_keys);
    select
        string_agg(
            format('%I %s', u.name, format_type(pydb_internal.reference_base_type(a.atttypid), -1)), ', ' order by u.ord
        ),
        string_agg(format('t.%I %s k.%I', u.name, e.operators[u.ord], u.name), ' and ' order by u.ord)
    into v_typed, v_match
    from pydb_internal.reference_equality(
        p_root, pydb_internal.column_numbers(p_root, v_columns), p_root,
        pydb_internal.column_numbers(p_root, v_columns), null
    ) as e
    cross join unnest(v_columns) with ordinality as u (name, ord)
    inner join pg_attribute as a on a.attrelid = p_root and a.attname = u.name;
    if v_typed is null then
        return 0;
    end if;
    execute format(
        'select count(*) from %s as t where t.tableoid <> %s
            and exists (select 1 from jsonb_to_recordset($1) as k (%s) where %s)',
        pydb_internal.relation_name(p_root), p_root::oid, v_typed, v_match
    ) into v_rows using case jsonb_typeof(p_keys) when 'object' then jsonb_build_array(p_keys) else p_keys end;
    return v_rows;
end
$$;

comment on function pydb_internal.cascade_heir_rows(regclass, jsonb) is
'Number of rows with the keys that a select still finds through the root when its own are gone. The keys are those that
cascade_root_rows has accepted.';

revoke all on function pydb_internal.cascade_heir_rows(regclass, jsonb) from public;
