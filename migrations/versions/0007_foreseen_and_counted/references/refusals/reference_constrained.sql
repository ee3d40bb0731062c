-- pydb_internal.reference_constrained (refusals): which of some relations have anything that
-- could refuse it if columns of their rows are set.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_constrained(p_relations oid[], p_columns name[])
returns oid[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.cascade_traverse
as $$
begin
    -- asked for each edge: a plan is kept
    return array(
        select distinct r.oid
        from unnest(p_relations) as r (oid)
        inner join pg_catalog.pg_attribute as a on a.attrelid = r.oid and a.attname = any(p_columns)
        where exists (select 1 from pg_catalog.pg_constraint as k where k.conrelid = r.oid and k.contype = 'c')
            or exists (select 1 from pg_catalog.pg_type as t where t.oid = a.atttypid and t.typtype = 'd')
            or exists (
                select 1 from pg_catalog.pg_index as i
                where i.indrelid = r.oid and (i.indisunique or i.indisexclusion) and (
                    a.attnum = any(string_to_array(i.indkey::text, ' ')::smallint[]) or i.indexprs is not null
                    or i.indpred is not null
                )
            )
            or exists (
                select 1 from pg_catalog.pg_attribute as g where g.attrelid = r.oid and g.attgenerated <> ''
            )
            -- one that older rows may not meet refuses any change of theirs
            or exists (
                select 1 from pg_catalog.pg_constraint as n
                where n.conrelid = r.oid and n.contype = 'n' and not n.convalidated
            )
            -- the levels of a partitioned table may number their columns each in its own way
            or exists (
                select 1
                from pg_partition_ancestors(r.oid) as n
                inner join pg_catalog.pg_partitioned_table as p on p.partrelid = n.relid
                left join pg_catalog.pg_attribute as b on b.attrelid = p.partrelid and b.attname = a.attname
                where string_to_array(p.partattrs::text, ' ')::smallint[] && array[b.attnum, 0::smallint]
            )
    );
end
$$;

comment on function pydb_internal.reference_constrained(oid[], name[]) is
'Those of the relations for whose rows pydb_internal.reference_set_refusals may have something to say about the
columns.';

revoke all on function pydb_internal.reference_constrained(oid[], name[]) from public;
