-- pydb_internal.retention_set_warnings (plan; by retention_effect_warnings): what a plan cannot promise of a key that
-- sets rows to null or to their defaults.
-- reads the catalog, pydb.reference, the parents of SET DEFAULT   writes nothing   locks nothing above a select
-- raises YD103 YD114
create or replace function pydb_internal.retention_set_warnings(
    p_relation oid,
    p_reference text,
    p_expired text
)
returns pydb_internal.retention_warning[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_ref record;
    v_verb text;
    v_tree oid[];
    v_values text[];
    v_at integer[];
    v_goes boolean := false;
    v_why text[];
begin
    select r.* into v_ref from pydb_internal.retention_references(p_relation) as r where r.reference = p_reference;
    v_verb := case v_ref.on_delete when 'n' then 'SET NULL' else 'SET DEFAULT' end;
    v_tree := array(
        select v_ref.child union select t.relid::oid from pydb_internal.relation_tree(v_ref.child) as t
    );
    v_values := pydb_internal.reference_set_values(v_ref.child, v_ref.set_columns, v_ref.on_delete);
    if v_ref.on_delete = 'd' and v_values is not null then
        v_at := array_positions(array(
            select u.name = any(v_ref.set_columns) from unnest(v_ref.child_columns) with ordinality as u (name, ord)
            order by u.ord
        ), true);
        execute format(
            'select exists (select 1 from %s as other cross join (select %s) as "row after" where %s and %s)',
            pydb_internal.relation_source(coalesce(pg_partition_root(p_relation::regclass)::oid, p_relation)),
            (
                select string_agg(format('(%s)::%s as %I', u.value, format_type(a.atttypid, a.atttypmod), u.name), ', ')
                from unnest(v_ref.set_columns, v_values) as u (name, value)
                inner join pg_attribute as a on a.attrelid = v_ref.child and a.attname = u.name
            ),
            pydb_internal.key_match(
                '"row after"', array(select v_ref.child_columns[i] from unnest(v_at) as i), 'other',
                array(select v_ref.parent_columns[i] from unnest(v_at) as i),
                array(select v_ref.operators[i] from unnest(v_at) as i),
                array(select v_ref.collations[i] from unnest(v_at) as i)
            ), p_expired
        ) into v_goes;
    end if;
    v_why := array(
        select distinct s.label
        from unnest(v_tree) as r (oid)
        cross join lateral pydb_internal.reference_set_refusals(
            r.oid, v_ref.set_columns,
            coalesce(v_values, array_fill('null'::text, array[cardinality(v_ref.set_columns)])), 'c', true
        ) as s
        -- rows that are set at once may meet each other, and rows of the table itself may go before they are set
        where s.condition is null or not s.is_sure or s.peers is not null or v_ref.itself or r.oid <> v_ref.child
        order by 1
    ) || array(
        select format('key %I of %s', k.conname, pydb_internal.relation_name(k.conrelid))
        from pg_constraint as k
        where k.contype = 'f' and k.conparentid = 0 and k.oid::text <> p_reference
            and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) and (
            k.conrelid = v_ref.child
            and k.conkey && pydb_internal.column_numbers(v_ref.child, v_ref.set_columns)
            or k.confrelid = v_ref.child
            and k.confkey && pydb_internal.column_numbers(v_ref.child, v_ref.set_columns)
        )
        order by k.conname
    ) || case when v_values is null then 'the default is worked out by the delete' end
    || case
        when v_goes then 'the parent of the default expires too'
        when v_ref.on_delete = 'd' and v_ref.itself then 'the default needs a parent that stays'
    end;
    v_why := array_remove(v_why, null);
    return case when cardinality(v_why) > 0 then array[row('untried', format(
        'only doing it shows whether %s through %s passes: %s', v_verb, v_ref.label, array_to_string(v_why, ', ')
    ))::pydb_internal.retention_warning] else '{}'::pydb_internal.retention_warning[] end || array(
        select row('trigger', format(
            'trigger %I of %s fires on each %s: what it does is not in this plan', g.tgname,
            pydb_internal.relation_name(g.tgrelid), v_verb
        ))::pydb_internal.retention_warning
        from pg_trigger as g
        where g.tgrelid = any(v_tree) and not v_ref.itself and not g.tgisinternal and g.tgenabled in ('O', 'A')
            and g.tgtype & 16 = 16 and g.tgparentid = 0
        order by g.tgname
    );
end
$$;

comment on function pydb_internal.retention_set_warnings(oid, text, text) is
'Warnings of a plan about one reference ON DELETE SET NULL or SET DEFAULT: untried (a constraint or a key of which only
doing it shows whether it lets the values pass, a default whose parent expires too) and the triggers that fire.
p_expired: condition (SQL text, alias other) that a row of the policy''s table expires.';

revoke all on function pydb_internal.retention_set_warnings(oid, text, text) from public;
