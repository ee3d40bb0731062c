-- pydb._retention_blockers: for each foreign key from another table that would refuse a row's delete, the SQL condition
-- under which it does.   reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._retention_blockers(p_relation oid, p_alias text, p_path oid[] default '{}')
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ref record;
    v_alias text := format('c%s', cardinality(p_path) + 1);
    v_match text;
    v_inner text;
    v_all text[] := '{}'::text[];
begin
    for v_ref in select r.* from pydb._retention_references(p_relation) as r where not r.itself loop
        -- a cycle of keys comes back to a constraint already walked
        continue when v_ref.constraint_id = any(p_path) or cardinality(p_path) >= 16;
        v_match := format(
            'select 1 from %s as %s where %s', pydb._relation_name(v_ref.child), v_alias,
            pydb._retention_match(v_alias, v_ref.child_columns, p_alias, v_ref.parent_columns)
        );
        if v_ref.on_delete in ('a', 'r') or (v_ref.on_delete = 'n' and v_ref.not_null) then
            v_all := v_all || format('exists (%s)', v_match);
        elsif v_ref.on_delete = 'c' then
            foreach v_inner in array pydb._retention_blockers(
                v_ref.child, v_alias, p_path || v_ref.constraint_id
            ) loop
                v_all := v_all || format('exists (%s and %s)', v_match, v_inner);
            end loop;
        end if;
    end loop;
    return v_all;
end
$$;

comment on function pydb._retention_blockers(oid, text, oid[]) is
'SQL conditions over an alias, one a foreign key, under each of which a delete of that row would be refused: NO ACTION
and RESTRICT children, SET NULL onto a NOT NULL column, and the same below children that CASCADE takes.';

revoke all on function pydb._retention_blockers(oid, text, oid[]) from public;
