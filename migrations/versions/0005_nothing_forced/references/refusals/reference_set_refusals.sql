-- pydb_internal.reference_set_refusals (refusals): what could refuse it if some columns of a row are set: each with the
-- condition under which it does.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_set_refusals(
    p_relation oid,
    p_columns name[],
    p_values text[],
    p_alias text,
    p_is_moved boolean
)
returns table (code text, label text, condition text, peers text, is_sure boolean)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_set constant smallint[] := pydb_internal.column_numbers(p_relation, p_columns);
    v_after constant text := pydb_internal.reference_set_source(p_relation, p_columns, p_values, p_alias);
    -- what is computed from them changes too, and nobody knows to what
    v_derived constant smallint[] := array(
        select a.attnum
        from pg_attribute as a
        inner join pg_attrdef as e on e.adrelid = a.attrelid and e.adnum = a.attnum
        where a.attrelid = p_relation and a.attgenerated <> '' and exists (
            select 1 from pg_depend as d
            where d.refclassid = 'pg_class'::regclass and d.refobjid = p_relation and d.refobjsubid = any(v_set)
                and (d.classid, d.objid, d.objsubid) in (
                    ('pg_class'::regclass, p_relation, a.attnum), ('pg_attrdef'::regclass, e.oid, 0)
                )
        )
    );
    v_name constant text := pydb_internal.relation_name(p_relation);
begin
    return query
    select
        'check', format('check constraint %I of %s', k.conname, v_name),
        case
            when not k.conkey && v_derived and 0 <> all(k.conkey) and pydb_internal.reference_is_plain(k.conbin::text)
                then format('(select not coalesce((%s), true) from %s)', pg_get_expr(k.conbin, k.conrelid), v_after)
        end, null::text, pydb_internal.reference_is_sure(k.conbin::text)
    from pg_constraint as k
    where k.conrelid = p_relation and k.contype = 'c'
        -- one that older rows may not meet refuses any change of theirs
        and (k.conkey && (v_set || v_derived) or 0 = any(k.conkey) or not k.convalidated)
        and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true);
    -- a column that is computed becomes null, or another value of its domain, unseen; and what older rows may not
    -- meet refuses any change of theirs here too
    return query
    select
        'check', format(case a.attgenerated
            when '' then 'column %I of %s, which is not null' else 'column %I of %s, which is computed'
        end, a.attname, v_name), case
            when a.attgenerated = '' then format('%I.%I is null', p_alias, a.attname)
        end, null::text, true
    from pg_attribute as a
    inner join pg_type as y on y.oid = a.atttypid
    left join pg_attrdef as e on e.adrelid = a.attrelid and e.adnum = a.attnum
    where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped and case
        -- what is not stored is not worked out either
        when a.attgenerated <> '' then a.attnum = any(v_derived) and (
            a.attnotnull or y.typtype = 'd'
            or a.attgenerated = 's' and not pydb_internal.reference_is_sure(e.adbin::text)
        )
        else a.attnotnull and a.attnum <> all(v_set) and exists (
            select 1 from pg_constraint as k
            where k.conrelid = p_relation and k.contype = 'n' and k.conkey = array[a.attnum] and not k.convalidated
        )
    end;
    return query
    select d.code, d.label, d.condition, null::text, d.is_sure
    from unnest(p_columns, p_values) as u (name, value)
    cross join lateral pydb_internal.reference_domain_refusals(p_relation, u.name, u.value) as d;
    return query
    select n.code, n.label, n.condition, n.peers, true
    from pydb_internal.reference_unique_refusals(p_relation, p_columns, p_values, p_alias, v_derived) as n;
    return query
    select 'partition', p.label, p.condition, null::text, true
    from pydb_internal.reference_partition_refusals(p_relation, v_set, v_after, p_is_moved) as p;
end
$$;

comment on function pydb_internal.reference_set_refusals(oid, name[], text[], text, boolean) is
'Constraints of a relation that may refuse a row of alias p_alias whose columns are set to values (SQL text): code
(check, also of a domain, unique, partition), what it is in words, and the SQL condition over the alias under which it
refuses; null: only doing it shows. peers: of a unique key, SQL text; rows that are set and have the same refuse each
other.
is_sure: to ask the condition cannot raise an error. p_is_moved: a row may go to another partition.';

revoke all on function pydb_internal.reference_set_refusals(oid, name[], text[], text, boolean) from public;
