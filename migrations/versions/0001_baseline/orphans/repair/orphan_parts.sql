-- pydb_internal.orphan_parts (repair): the relations that a repair goes through, each from its first block.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_parts(p_child oid)
returns pydb_internal.run_part[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_part pydb_internal.run_part;
    v_parts pydb_internal.run_part[] := '{}'::pydb_internal.run_part[];
    v_leaf oid;
begin
    for v_leaf in
        select l.relation from pydb_internal.orphan_leaves(p_child) as l where not l.is_foreign and l.blocks > 0
    loop
        v_part.relation := v_leaf;
        v_part.at_block := 0;
        v_part.filenode := pg_relation_filenode(v_leaf::regclass);
        v_part.is_ended := false;
        v_part.chunks := '{}';
        v_parts := v_parts || v_part;
    end loop;
    return v_parts;
end
$$;

comment on function pydb_internal.orphan_parts(oid) is
'A part for each relation that holds rows of the child; none of its orphans are looked up yet.';

revoke all on function pydb_internal.orphan_parts(oid) from public;
