-- pydb_internal.filter_condition (filter): a filter as SQL to stand beside other conditions, by which the planner
-- leaves out no partition that has rows of it.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.filter_condition(p_relation oid, p_filter text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_root oid;
begin
    -- Up to 17 the planner leaves out the default partition of ranges where it is asked for "key is not null and (one
    -- or the other)", and adds the first half itself to find a min or max. It does not look into "is true".
    if current_setting('server_version_num')::integer < 180000
        and p_filter ~* '\m(or|in|any|some|not|null|isnull|notnull|symmetric)\M'
    then
        v_root := pg_partition_root(p_relation::regclass);
        if v_root is not null and exists (
            select from pg_partitioned_table as k
            where k.partstrat = 'r' and k.partdefid <> 0 and pg_partition_root(k.partrelid) = v_root and (
                0 = any(k.partattrs) -- an expression, of whatever columns
                or exists (
                    select from pg_attribute as a
                    where a.attrelid = k.partrelid and a.attnum = any(k.partattrs)
                        and a.attname = any(pydb_internal.filter_columns(k.partrelid, p_filter))
                )
            )
        ) then
            return format('((%s) is true)', p_filter);
        end if;
    end if;
    return '(' || p_filter || ')';
end
$$;

comment on function pydb_internal.filter_condition(oid, text) is
'The filter of a table in parentheses; null for null.';

revoke all on function pydb_internal.filter_condition(oid, text) from public;
