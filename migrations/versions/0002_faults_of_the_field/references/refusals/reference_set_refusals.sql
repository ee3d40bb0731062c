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
returns table (code text, label text, condition text, peers text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_set constant smallint[] := pydb_internal.column_numbers(p_relation, p_columns);
    v_after constant text := pydb_internal.reference_set_source(p_relation, p_columns, p_values, p_alias);
    -- what is computed from them changes too, and nobody knows to what
    v_derived constant smallint[] := array(
        select a.attnum from pg_attribute as a where a.attrelid = p_relation and a.attgenerated <> ''
    );
    v_name constant text := pydb_internal.relation_name(p_relation);
begin
    return query
    select
        'check', format('check constraint %I of %s', k.conname, v_name),
        case
            when not k.conkey && v_derived and 0 <> all(k.conkey) and pydb_internal.reference_is_plain(k.conbin::text)
                then format('(select not coalesce((%s), true) from %s)', pg_get_expr(k.conbin, k.conrelid), v_after)
        end, null::text
    from pg_constraint as k
    where k.conrelid = p_relation and k.contype = 'c'
        -- one that older rows may not meet refuses any change of theirs
        and (k.conkey && (v_set || v_derived) or 0 = any(k.conkey) or not k.convalidated)
        and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true);
    return query
    select d.code, d.label, d.condition, null::text
    from unnest(p_columns, p_values) as u (name, value)
    cross join lateral pydb_internal.reference_domain_refusals(p_relation, u.name, u.value) as d;
    return query
    select n.code, n.label, n.condition, n.peers
    from pydb_internal.reference_unique_refusals(p_relation, p_columns, p_values, p_alias, v_derived) as n;
    return query
    select 'partition', p.label, p.condition, null::text
    from pydb_internal.reference_partition_refusals(p_relation, v_set, v_after, p_is_moved) as p;
end
$$;

comment on function pydb_internal.reference_set_refusals(oid, name[], text[], text, boolean) is
'Constraints of a relation that may refuse a row of alias p_alias whose columns are set to values (SQL text): code
(check, also of a domain, unique, partition), what it is in words, and the SQL condition over the alias under which it
refuses; null: only doing it shows. peers: of a unique key, SQL text; rows that are set and have the same refuse each
other.
p_is_moved: a row may go to another partition.';

revoke all on function pydb_internal.reference_set_refusals(oid, name[], text[], text, boolean) from public;
