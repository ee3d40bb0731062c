-- pydb_internal.reference_unique_refusals (refusals; by reference_set_refusals): which unique keys and exclusions could
-- refuse values, and when.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_unique_refusals(
    p_relation oid,
    p_columns name[],
    p_values text[],
    p_alias text,
    p_derived smallint[]
)
returns table (code text, label text, condition text, peers text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with key as (
        select
            i.indexrelid, i.indisexclusion, i.indpred is not null or i.indexprs is not null as is_computed,
            -- before PostgreSQL 15 nulls are always distinct
            coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) as is_null_equal,
            (string_to_array(i.indkey::text, ' ')::smallint[])[1:i.indnkeyatts] as attnums
        from pg_catalog.pg_index as i
        where i.indrelid = p_relation and (i.indisunique or i.indisexclusion) and i.indisready
    ),

    part as (
        select
            k.indexrelid, u.ord, a.attname, v.value, t.typnamespace = 'pg_catalog'::regnamespace as is_known,
            format('%I.%I', p_alias, a.attname) as old,
            format('(%s)::%s', v.value, format_type(t.oid, a.atttypmod)) as new
        from key as k
        cross join lateral unnest(k.attnums) with ordinality as u (attnum, ord)
        inner join pg_catalog.pg_attribute as a on a.attrelid = p_relation and a.attnum = u.attnum
        inner join pg_catalog.pg_type as t on t.oid = pydb_internal.reference_base_type(a.atttypid)
        left join unnest(p_columns, p_values) as v (name, value) on v.name = a.attname
    ),

    -- nulls that differ meet nobody; of those that do not the other is null as well
    match as (
        select
            k.indexrelid, bool_and(p.is_known) as is_known,
            string_agg(case
                when p.value is null then format('o.%I = %s', p.attname, p.old) || case
                    when k.is_null_equal then format(' or o.%I is null and %s is null', p.attname, p.old) else '' end
                when k.is_null_equal and p.value = 'null' then format('o.%I is null', p.attname)
                else format('o.%I = %s', p.attname, p.new) || case
                    when k.is_null_equal then format(' or o.%I is null and %s is null', p.attname, p.new) else '' end
            end, ') and (' order by p.ord) as same,
            string_agg(case when p.value is null then p.old end, ', ' order by p.ord) as others,
            string_agg(case
                when k.is_null_equal then null
                when p.value is null then format('%s is not null', p.old)
                else format('%s is not null', p.new)
            end, ' and ' order by p.ord) as is_met,
            bool_or(p.value = 'null') as has_null
        from key as k
        inner join part as p on p.indexrelid = k.indexrelid
        group by k.indexrelid
        having bool_or(p.value is not null)
    )

    select
        case when k.indisexclusion then 'untried' else 'unique' end,
        format(case when k.indisexclusion then 'exclusion %I of %s' else 'unique index %I of %s' end, c.relname,
            pydb_internal.relation_name(p_relation)),
        case when not (k.is_computed or k.indisexclusion or coalesce(k.attnums && p_derived, false)) and m.is_known
            then format(
                'exists (select 1 from %s as o where o.ctid <> %I.ctid and (%s))',
                pydb_internal.relation_source(p_relation), p_alias, m.same
            )
        end,
        case when not (k.is_computed or k.indisexclusion) and m.is_known
            then format('(case when %s then row(%s) end)', coalesce(m.is_met, 'true'), coalesce(m.others, '1')) end
    from key as k
    inner join pg_catalog.pg_class as c on c.oid = k.indexrelid
    left join match as m on m.indexrelid = k.indexrelid
    where (m.indexrelid is not null or coalesce(k.attnums && p_derived, false) or k.is_computed and exists (
        select 1 from pg_catalog.pg_depend as d
        where d.classid = 'pg_class'::regclass and d.objid = k.indexrelid and d.refobjid = p_relation
            and d.refobjsubid = any(pydb_internal.column_numbers(p_relation, p_columns))
    ))
        -- a null excludes nobody, and meets nobody where nulls differ
        and not (coalesce(m.has_null, false) and not k.is_null_equal and not k.is_computed);
$$;

comment on function pydb_internal.reference_unique_refusals(oid, name[], text[], text, smallint[]) is
'Unique indexes and exclusions that hold one of the columns or something computed from them: the condition (SQL text)
under which another row has the values already; null: only doing it shows; and by what rows that are set would meet.';

revoke all on function pydb_internal.reference_unique_refusals(oid, name[], text[], text, smallint[]) from public;
