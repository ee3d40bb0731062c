-- pydb_internal.relation_has_code (names; by retention_delete): whether deleting rows of a relation may run code of the
-- application.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_has_code(p_relation oid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from pg_trigger as g
        where g.tgrelid = p_relation and not g.tgisinternal and g.tgenabled <> 'D' and g.tgtype & 8 = 8
    ) or exists (
        select from pg_rewrite as r where r.ev_class = p_relation and r.ev_type = '4' and r.ev_enabled <> 'D'
    ) or exists (
        -- what the server's own cascade touches may have some
        select from pg_constraint as k
        where k.contype = 'f' and k.confdeltype in ('c', 'n', 'd')
            and k.confrelid = any(p_relation || array(select a.relid::oid from pg_partition_ancestors(p_relation) as a))
    )
$$;

comment on function pydb_internal.relation_has_code(oid) is
'True if a DELETE of the relation fires triggers or rules that somebody made, or keys that change other tables.';

revoke all on function pydb_internal.relation_has_code(oid) from public;
