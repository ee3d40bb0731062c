-- pydb_internal.retention_reach (condition): where the deletes of a policy lead, edge by edge, and in which way they
-- have to be done and counted for it.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_reach(
    p_policy pydb.retention_policy,
    out way text,
    out tables oid[],
    out unindexed text[],
    out scanned bigint
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_seen text[] := '{}'::text[];
    -- rows of tables that inherit are its rows, and have keys of their own
    v_from oid[] := p_policy.target::oid || array(
        select l.relation from pydb_internal.retention_leaves(p_policy.target) as l
        inner join pg_class as c on c.oid = p_policy.target and c.relkind = 'r' and c.relhassubclass
        where l.relation <> p_policy.target::oid and not l.foreign_table
    );
    v_line oid[];
    v_next oid[];
    v_edge pydb_internal.reference_edge;
    v_is_off boolean;
begin
    way := 'plain';
    tables := v_from;
    unindexed := '{}';
    scanned := 0;
    -- most tables are ordinary ones that nothing references: an enforced key has triggers on what it references
    if (
        select bool_and(c.relkind = 'r' and not c.relispartition and not c.relhastriggers)
        from pg_class as c
        where c.oid = any(v_from)
    )
        and not pydb_internal.reference_has_silent(v_from)
    then
        v_from := '{}';
    end if;
    while cardinality(v_from) > 0 loop
        -- the rows of a table are referenced through its partitions and through the tables above it as well
        v_line := array(
            select u.relation from unnest(v_from) as u (relation)
            union
            select t.relid from unnest(v_from) as u (relation) cross join pydb_internal.relation_tree(u.relation) as t
            union
            select a.relid from unnest(v_from) as u (relation)
            cross join lateral pg_partition_ancestors(u.relation) as a
        );
        exit when not exists (
            select 1 from pg_trigger as g where g.tgrelid = any(v_line) and g.tgconstraint <> 0
        ) and not pydb_internal.reference_has_silent(v_line);
        v_next := '{}';
        -- of one partition alone the triggers of a key may be off as well
        v_is_off := exists (
            select 1 from pg_trigger as g
            where g.tgrelid = any(v_line) and g.tgisinternal and g.tgtype & 8 = 8 and g.tgenabled in ('D', 'R')
        );
        for v_edge in
            select e.* from pydb_internal.reference_edges_among(v_line) as e
            where e.reference <> all(v_seen)
        loop
            v_seen := v_seen || v_edge.reference;
            if not v_edge.is_indexed then
                unindexed := unindexed || v_edge.reference;
                scanned := scanned + pg_relation_size(v_edge.child) + coalesce((
                    select sum(pg_relation_size(t.relid)) from pydb_internal.relation_tree(v_edge.child) as t
                    where t.isleaf and t.relid <> v_edge.child
                ), 0)::bigint;
            end if;
            continue when v_edge.on_delete not in ('c', 'n', 'd');
            if not v_edge.is_enforced or v_is_off then
                way := 'walk'; -- what the server does not do, the delete has to
            end if;
            if v_edge.on_delete = 'c' then
                way := case way when 'plain' then 'count' else way end;
                if v_edge.child <> all(tables) then
                    tables := tables || v_edge.child;
                    v_next := v_next || v_edge.child;
                end if;
            end if;
        end loop;
        v_from := v_next;
    end loop;
    -- what the server takes along by itself, nobody archives
    if (p_policy.on_referenced = 'cascade' and v_seen <> '{}')
        or ('archive' in (p_policy.action, p_policy.partition_first) and way = 'count')
    then
        way := 'walk';
    end if;
end
$$;

comment on function pydb_internal.retention_reach(pydb.retention_policy) is
'way: plain (no row goes but those that are deleted), count (keys take others along, the server says how many), walk
(references that the server does not act on, on_referenced = cascade where there are any, or an archive: what goes is
looked up, and deleted with them). tables: those that lose rows, the policy''s own first. unindexed: references without
an index; scanned: bytes that each deleted row reads for them.';

revoke all on function pydb_internal.retention_reach(pydb.retention_policy) from public;
