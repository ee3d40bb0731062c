-- pydb_internal.cascade_is_divisible (delete): whether a statement on a table and one on each of its partitions are the
-- same.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_is_divisible(
    p_table oid,
    p_effect text,
    p_leaves oid[],
    p_columns name[]
)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_tree constant oid[] := p_table || array(select t.relid::oid from pg_partition_tree(p_table) as t);
begin
    -- triggers of a statement, and rules, belong to the table that it names
    if exists (
        select 1
        from pg_trigger as g
        where g.tgrelid = any(v_tree) and not g.tgisinternal and g.tgtype & 1 = 0
            and g.tgtype & case p_effect when 'delete' then 8 else 16 end > 0
    ) or exists (
        select 1
        from pg_rewrite as r
        where r.ev_class = any(v_tree) and r.ev_type = case p_effect when 'delete' then '4' else '2' end
    ) then
        return false;
    elsif p_effect = 'delete' then
        return has_table_privilege(p_table, 'DELETE');
    end if;
    return not exists (
        -- a row that changes its partition can do so only through the table above
        select 1
        from pg_partitioned_table as p
        where p.partrelid = any(v_tree) and (
            0 = any(string_to_array(p.partattrs::text, ' ')::smallint[])
            or pydb_internal.column_names(p.partrelid, string_to_array(p.partattrs::text, ' ')::smallint[]) && p_columns
        )
    ) and not exists (
        select 1 from unnest(p_leaves) as l (relation) where not has_table_privilege(l.relation, 'SELECT')
    );
end
$$;

comment on function pydb_internal.cascade_is_divisible(oid, text, oid[], name[]) is
'True if a delete (effect delete) or an update of p_columns (other effects) of the rows of p_leaves, partitions of
p_table, may name the table or the partitions alike: no trigger of statements, no rule and no privilege sees a
difference, and no row changes its partition.';

revoke all on function pydb_internal.cascade_is_divisible(oid, text, oid[], name[]) from public;
