-- pydb_internal.orphan_refused_rows (repair; by orphan_stuck): how many orphans constraints keep from being set to
-- null.
-- reads the child and the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_refused_rows(
    p_edge pydb_internal.reference_edge,
    p_condition text,
    out rows bigint,
    out effects text[]
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_columns constant name[] := pydb_internal.orphan_set_columns(p_edge);
    v_leaf record;
    v_stop record;
    v_rows bigint;
    v_any text;
    v_late text;
begin
    rows := 0;
    effects := '{}';
    for v_leaf in select l.* from pydb_internal.orphan_leaves(p_edge.child) as l where not l.is_foreign loop
        v_any := 'false';
        v_late := 'false';
        for v_stop in
            select f.* from pydb_internal.reference_set_refusals(
                v_leaf.relation, v_columns, array_fill('null'::text, array[cardinality(v_columns)]), 't', false
            ) as f
        loop
            if v_stop.condition is null then
                effects := effects || format('only doing it shows whether null passes: %s', v_stop.label);
                continue;
            end if;
            begin
                execute format(
                    'select count(*) from only %s as t where %s and %s', v_leaf.name, p_condition, v_stop.condition
                ) into v_rows;
            exception when data_exception then
                -- the constraint itself divides by zero, or the like
                effects := effects || format('only doing it shows whether null passes: %s', v_stop.label);
                continue;
            end;
            if v_rows > 0 then
                effects := effects || format('%s stay: %s refuses null', pydb_internal.rows_text(v_rows), v_stop.label);
            end if;
            v_any := format('%s or %s', v_any, v_stop.condition);
            -- of several that would be the same the first one passes
            v_late := v_late || case when v_stop.peers is null then '' else format(
                ' or %s is not null and row_number() over (partition by r.refused, %1$s order by t.ctid) > 1',
                v_stop.peers
            ) end;
        end loop;
        continue when v_any = 'false';
        execute format(
            'select count(*) from (
                select r.refused, %s as late
                from only %s as t cross join lateral (select coalesce(%s, false) as refused) as r
                where %s
            ) as s where s.refused or s.late', v_late, v_leaf.name, v_any, p_condition
        ) into v_rows;
        rows := rows + v_rows;
    end loop;
end
$$;

comment on function pydb_internal.orphan_refused_rows(pydb_internal.reference_edge, text) is
'Rows that meet a condition over alias t and that a constraint keeps from having null in the columns of a reference, and
which one does: a sentence each.';

revoke all on function pydb_internal.orphan_refused_rows(pydb_internal.reference_edge, text) from public;
