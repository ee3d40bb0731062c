-- pydb_internal.orphan_segments (repair): the relations that a repair goes through, each with the block to begin at.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_segments(p_child oid)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(jsonb_agg(
            jsonb_build_object(
                'relation', l.relation::bigint, 'at', 0, 'ended', false,
                'filenode', pg_relation_filenode(l.relation::regclass)::bigint
            ) order by l.relation
        ), '[]')
        from pydb_internal.orphan_leaves(p_child) as l
        where not l.is_foreign
    );
end
$$;

comment on function pydb_internal.orphan_segments(oid) is
'Array of objects: relation, at (block), ended, filenode: another one means that the blocks hold other rows.';

revoke all on function pydb_internal.orphan_segments(oid) from public;
