-- pydb_internal.retention_blocker_conditions (condition): for each reference from another table that would refuse a
-- row's delete, the SQL condition under which it does.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_blocker_conditions(
    p_relation oid,
    p_alias text,
    p_path text[] default '{}',
    p_root oid default null,
    p_taken text default null
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ref record;
    v_alias text := format('c%s', cardinality(p_path) + 1);
    v_next text := format('c%s', cardinality(p_path) + 2);
    v_root oid := coalesce(p_root, p_relation);
    v_match text;
    v_inner text;
    v_all text[] := '{}'::text[];
begin
    -- keys of the table to itself are for pydb_internal.retention_kept_query; below a cascade they are keys like others
    for v_ref in
        select r.* from pydb_internal.retention_references(p_relation) as r where not r.itself or p_path <> '{}'
    loop
        -- a cycle of keys comes back to a constraint already walked
        continue when v_ref.reference = any(p_path) or cardinality(p_path) >= 16;
        v_match := format('select 1 from %s as %s where %s', v_ref.source, v_alias, concat_ws(
            ' and ', pydb_internal.key_match(
                v_alias, v_ref.child_columns, p_alias, v_ref.parent_columns, v_ref.operators, v_ref.collations
            ), pydb_internal.reference_row_condition(p_relation, p_alias, v_ref.parent_condition)
        ));
        if v_ref.on_delete in ('a', 'r') or (v_ref.on_delete = 'n' and v_ref.not_null) then
            v_all := v_all || format('exists (%s%s%s%s)', v_match,
                -- the row itself refuses nothing, nor does what the same cascade, or another one from the row, takes
                case
                    when v_ref.child = v_root and p_path <> '{}'
                        then format(' and (%1$s.tableoid, %1$s.ctid) <> (t.tableoid, t.ctid)', v_alias)
                end,
                case when v_ref.itself then format(' and (%s) is not true', p_taken) end,
                case when p_path <> '{}' then (
                    select string_agg(format(' and (%s) is not true', concat_ws(
                        ' and ', pydb_internal.key_match(
                            v_alias, r.child_columns, 't', r.parent_columns, r.operators, r.collations
                        ), pydb_internal.reference_row_condition(r.child, v_alias, r.child_condition),
                        pydb_internal.reference_row_condition(v_root, 't', r.parent_condition)
                    )), '' order by r.reference)
                    from pydb_internal.retention_references(v_root) as r
                    where r.child = v_ref.child and r.on_delete = 'c' and not r.itself
                ) end
            );
        elsif v_ref.on_delete = 'c' then
            foreach v_inner in array pydb_internal.retention_blocker_conditions(
                v_ref.child, v_alias, p_path || v_ref.reference, v_root, concat_ws(
                    ' and ', pydb_internal.key_match(
                        v_next, v_ref.child_columns, p_alias, v_ref.parent_columns, v_ref.operators, v_ref.collations
                    ), pydb_internal.reference_row_condition(v_ref.child, v_next, v_ref.child_condition)
                )
            ) loop
                v_all := v_all || format('exists (%s and %s)', v_match, v_inner);
            end loop;
        elsif v_ref.on_delete in ('n', 'd') then
            -- what a constraint refuses of the child keeps its parent
            foreach v_inner in array pydb_internal.retention_set_conditions(
                p_relation, v_ref.reference, v_alias, p_alias
            ) loop
                v_all := v_all || format('exists (%s and %s)', v_match, v_inner);
            end loop;
        end if;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.retention_blocker_conditions(oid, text, text[], oid, text) is
'SQL conditions over an alias (t where the answer is used), one a reference, under each of which a delete of that row
would be refused: NO ACTION and RESTRICT children, SET NULL and SET DEFAULT onto a NOT NULL column, against a constraint
or without a parent, and the same below children that CASCADE takes. p_path, p_root and p_taken (which rows the
cascade above takes) are its own, for the way down.';

revoke all on function pydb_internal.retention_blocker_conditions(oid, text, text[], oid, text) from public;
