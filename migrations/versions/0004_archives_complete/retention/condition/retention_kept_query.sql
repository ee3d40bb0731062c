-- pydb_internal.retention_kept_query (condition; by retention_due_terms): SQL text that finds, in a table that
-- references itself, the rows that stay, and with them every row that one of them needs.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_kept_query(
    p_policy pydb.retention_policy,
    p_relation oid,
    p_cutoff timestamptz
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_keys text[] := '{}'::text[];
    v_joins text[] := '{}'::text[];
    v_ref record;
    v_from text;
    v_refusing boolean := false;
    v_stays text[];
begin
    for v_ref in
        select r.*, row_number() over (order by r.reference) as ord
        from pydb_internal.retention_references(p_relation) as r
        where r.itself and (r.on_delete in ('a', 'r', 'c') or (r.on_delete = 'n' and r.not_null))
    loop
        v_from := pydb_internal.relation_source(v_ref.child);
        v_refusing := v_refusing or v_ref.on_delete <> 'c';
        v_keys := v_keys || (
            -- a row that does not meet the condition of the reference needs nobody by it
            select array_agg(format(case when v_ref.child_condition is null then 't.%I as k%s_%s' else
                'case when %4$s then t.%1$I end as k%2$s_%3$s' end, u.name, v_ref.ord, u.ord,
                pydb_internal.reference_row_condition(v_ref.child, 't', v_ref.child_condition)
            ) order by u.ord)
            from unnest(v_ref.child_columns) with ordinality as u (name, ord)
        );
        v_joins := v_joins || (
            select format('(%s)', concat_ws(' and ', string_agg(
                format('t.%I %s kept.k%s_%s%s', u.name, u.operator, v_ref.ord, u.ord, u.collated), ' and '
            ), pydb_internal.reference_row_condition(p_relation, 't', v_ref.parent_condition)))
            from unnest(v_ref.parent_columns, v_ref.operators, v_ref.collations)
            with ordinality as u (name, operator, collated, ord)
        );
    end loop;
    if v_from is null then
        return null;
    end if;
    -- what a key with CASCADE takes along may be young, but nothing may keep it
    v_stays := case
        when v_refusing then array[
            format('(%s) is not true', pydb_internal.retention_expired_condition(p_policy, p_cutoff))]
        else '{}'
    end || pydb_internal.retention_blocker_conditions(p_relation, 't');
    -- of a table that is a partition, the rows of the others stay, whatever their age
    if v_refusing and (select c.relispartition from pg_catalog.pg_class as c where c.oid = p_policy.target) then
        v_stays := v_stays || format('t.tableoid <> all(%L::pg_catalog.oid[])', array(
            select l.relation from pydb_internal.retention_leaves(p_policy.target) as l
        ));
    end if;
    if cardinality(v_stays) = 0 then
        return null;
    end if;
    return format(
        'with recursive kept as (
            select t.tableoid as rel, t.ctid as tid, %1$s from %2$s as t where %3$s
            union
            select t.tableoid, t.ctid, %1$s from %2$s as t join kept on %4$s
        )',
        array_to_string(v_keys, ', '), v_from, array_to_string(v_stays, ' or '), array_to_string(v_joins, ' or ')
    );
end
$$;

comment on function pydb_internal.retention_kept_query(pydb.retention_policy, oid, timestamptz) is
'A recursive "with kept as (…)" of tableoid and ctid of all rows that stay in a table with keys to itself: with NO
ACTION or RESTRICT what a staying row needs, with CASCADE what could not go without a row that another table keeps.
Null where there is no such key.';

revoke all on function pydb_internal.retention_kept_query(pydb.retention_policy, oid, timestamptz) from public;
