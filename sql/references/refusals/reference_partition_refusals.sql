-- pydb_internal.reference_partition_refusals (refusals; by reference_set_refusals): whether a row that is set still has
-- a partition.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_partition_refusals(
    p_relation oid,
    p_set smallint[],
    p_after text,
    p_is_moved boolean
)
returns table (label text, condition text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_root constant oid := coalesce(pg_partition_root(p_relation::regclass)::oid, p_relation);
    v_names constant name[] := pydb_internal.column_names(p_relation, p_set);
    v_line constant oid[] := v_root || array(
        select t.relid::oid from pg_partition_tree(v_root::regclass) as t where not t.isleaf
    );
    v_is_expression boolean;
    v_fits text;
begin
    -- bounds are read by the types of their columns
    select bool_or(exists (
        select 1 from unnest(string_to_array(p.partattrs::text, ' ')::smallint[]) as u (attnum)
        left join pg_attribute as a on a.attrelid = p.partrelid and a.attnum = u.attnum and u.attnum > 0
        where pydb_internal.type_plain(a.atttypid) is distinct from a.atttypid or a.atttypid is null
    )) into v_is_expression
    from pg_partitioned_table as p
    where p.partrelid = any(v_line) and (
        0 = any(string_to_array(p.partattrs::text, ' ')::smallint[])
        or pydb_internal.column_names(p.partrelid, string_to_array(p.partattrs::text, ' ')::smallint[]) && v_names
    );
    if v_is_expression is null then
        return;
    elsif not v_is_expression then
        -- the constraint of a partition says which rows are its own
        -- (of a default partition without siblings there is none: it takes all)
        select string_agg(
            format('coalesce((%s), true)', coalesce(pg_get_partition_constraintdef(t.relid), 'true')), ' or '
        ) into v_fits
        from pg_partition_tree(case when p_is_moved then v_root else p_relation end::regclass) as t
        where t.isleaf;
    end if;
    return query select
        case when p_is_moved then format('%s, which has no partition for it', pydb_internal.relation_name(v_root))
            else format('the bounds of partition %s', pydb_internal.relation_name(p_relation)) end,
        case when v_fits is not null then format('(select not (%s) from %s)', v_fits, p_after) end;
end
$$;

comment on function pydb_internal.reference_partition_refusals(oid, smallint[], text, boolean) is
'If columns of a partition key are among p_set: the condition (SQL text) under which no partition, or (not p_is_moved)
not its own one, takes the row of p_after (reference_set_source); null where the key is an expression, or of a type of
somebody''s own.';

revoke all on function pydb_internal.reference_partition_refusals(oid, smallint[], text, boolean) from public;
