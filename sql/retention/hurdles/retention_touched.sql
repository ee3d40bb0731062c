-- pydb_internal.retention_touched (hurdles): the relations that a run on a table asks or deletes from, and the rights
-- that this takes.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_touched(p_relation oid)
returns table (oid oid, rights text[])
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with recursive own (oid) as (
        select p_relation
        union
        select t.relid from pydb_internal.relation_tree(p_relation) as t
        union
        select l.relation from pydb_internal.retention_leaves(p_relation) as l
    ),

    -- the tables that reference it, and below a cascade those that reference them: all are asked before a delete
    below (oid, on_delete) as (
        select r.child, r.on_delete
        from own as o
        cross join lateral pydb_internal.reference_inbound(o.oid) as r
        union
        select r.child, r.on_delete
        from below as b
        cross join lateral pydb_internal.reference_inbound(b.oid) as r
        where b.on_delete = 'c'
    )

    select o.oid, array['SELECT', 'DELETE'] from own as o
    union
    select b.oid, array['SELECT'] from below as b;
$$;

comment on function pydb_internal.retention_touched(oid) is
'A table, the relations that hold its rows, and the tables that reference it; rights = SELECT, and DELETE where
rows go.';

revoke all on function pydb_internal.retention_touched(oid) from public;
