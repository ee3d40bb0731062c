-- pydb_internal.retention_set_conditions (condition; by retention_blocker_conditions): the conditions under which a row
-- that a key would set to null or to its defaults refuses that.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD103 YD114
create or replace function pydb_internal.retention_set_conditions(
    p_relation oid,
    p_reference text,
    p_alias text,
    p_parent_alias text
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ref record;
    v_values text[];
    v_all text[];
begin
    select r.* into v_ref from pydb_internal.retention_references(p_relation) as r where r.reference = p_reference;
    if v_ref.on_delete = 'n' and cardinality(
        pydb_internal.reference_constrained(array[v_ref.child], v_ref.set_columns)
    ) = 0 then
        return '{}'::text[];
    end if;
    v_values := pydb_internal.reference_set_values(v_ref.child, v_ref.set_columns, v_ref.on_delete);
    if v_values is null then
        return '{}'::text[]; -- only doing it shows
    end if;
    v_all := array(
        select s.condition
        from pydb_internal.reference_set_refusals(v_ref.child, v_ref.set_columns, v_values, p_alias, true) as s
        where s.condition is not null and s.is_sure
    );
    if v_ref.on_delete = 'd' then
        v_all := v_all || array(
            select format('(%s) is null', u.value)
            from unnest(v_ref.set_columns, v_values) as u (name, value)
            inner join pg_attribute as a on a.attrelid = v_ref.child and a.attname = u.name and a.attnotnull
        ) || format(
            -- a key without a null needs a parent, and the row that goes is none
            '(select num_nulls(%s) = 0 and not exists (select 1 from %s as other where %s and '
            '(other.tableoid, other.ctid) <> (%s.tableoid, %4$s.ctid)) from %s)',
            (
                select string_agg(format('"row after".%I', u.name), ', ')
                from unnest(v_ref.child_columns) as u (name)
            ),
            pydb_internal.relation_source(coalesce(pg_partition_root(p_relation::regclass)::oid, p_relation)),
            concat_ws(' and ', pydb_internal.key_match(
                '"row after"', v_ref.child_columns, 'other', v_ref.parent_columns, v_ref.operators, v_ref.collations
            ), pydb_internal.reference_row_condition(p_relation, 'other', v_ref.parent_condition)),
            p_parent_alias,
            pydb_internal.reference_set_source(v_ref.child, v_ref.set_columns, v_values, p_alias)
        );
    end if;
    return v_all;
end
$$;

comment on function pydb_internal.retention_set_conditions(oid, text, text, text) is
'Conditions (SQL text) over p_alias, a row that references one of p_relation (p_parent_alias) by p_reference, a key ON
DELETE SET NULL or SET DEFAULT: of a constraint, NOT NULL, a missing parent. Only such as can be asked without an error;
what else there is, a plan warns of (untried).';

revoke all on function pydb_internal.retention_set_conditions(oid, text, text, text) from public;
