-- pydb_internal.cascade_missing_grants (closure): why the current role cannot read a table in full, and the statements
-- that let it.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_missing_grants(p_relation oid, p_is_deep boolean)
returns pydb_internal.cascade_warning
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_relation);
begin
    -- asked for each relation of each plan: nothing is kept from a superuser
    if (select r.rolsuper from pg_roles as r where r.rolname = current_user) then
        return null;
    end if;
    return (
        select case when f.usages is not null or f.selects is not null or f.is_filtered then row(
            case when f.usages is not null or f.selects is not null then 'privilege' else 'row_security' end,
            case when f.usages is not null or f.selects is not null
                then format('%s may not read %s in full', current_user, v_name)
                else format('row-level security of %s hides rows from %s', v_name, current_user)
            end,
            concat_ws(
                ' ', f.usages, 'grant select, delete on ' || f.selects || format(' to %I;', current_user),
                case when f.is_filtered then format('alter role %I bypassrls;', current_user) end
            )
        )::pydb_internal.cascade_warning end
        from (
            select
                string_agg(
                    distinct format('grant usage on schema %s to %I;', c.relnamespace::regnamespace, current_user),
                    ' '
                ) filter (where not has_schema_privilege(c.relnamespace, 'USAGE')) as usages,
                string_agg(pydb_internal.relation_name(c.oid), ', ' order by c.oid)
                filter (where not has_table_privilege(c.oid, 'SELECT')) as selects,
                bool_or(row_security_active(c.oid)) as is_filtered
            from pg_catalog.pg_class as c
            where c.oid = p_relation
                or (p_is_deep and c.oid in (select t.relid from pg_catalog.pg_partition_tree(p_relation) as t))
        ) as f
    );
end
$$;

comment on function pydb_internal.cascade_missing_grants(oid, boolean) is
'A warning (privilege or row_security) about a relation and (p_is_deep) its partitions, with GRANT and ALTER ROLE
statements as its cure; null if nothing is missing.';

revoke all on function pydb_internal.cascade_missing_grants(oid, boolean) from public;
