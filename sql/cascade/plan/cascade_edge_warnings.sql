-- pydb_internal.cascade_edge_warnings (plan; by cascade_edge_verdict): what the catalog says against an edge of a walk,
-- with its cure.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_edge_warnings(
    p_walk pydb_internal.cascade_closure,
    p_edge integer,
    p_root regclass
)
returns setof pydb_internal.cascade_warning
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_edge pydb_internal.reference_edge;
    v_child text;
    v_count bigint;
    v_superuser text;
    v_has_triggers boolean;
begin
    if p_edge = 0 then
        v_superuser := pydb_internal.superuser_text(
            array(select distinct s.relation from unnest(p_walk.parts) as s), false
        );
        if v_superuser is not null then
            return query select 'superuser', v_superuser, null::text;
        end if;
        select count(*) into v_count from pg_inherits as i
        inner join pg_class as c on c.oid = i.inhparent and c.relkind = 'r'
        where i.inhparent = p_root;
        if v_count > 0 then
            return query select 'inherited',
                format('%s tables inherit from it: their rows are not touched (ONLY)', v_count), null::text;
        end if;
        -- a delete locks each table and each of its indexes; the lock table is shared by all sessions
        select sum(1 + (select count(*) from pg_index as i where i.indrelid = r.relation))::bigint into v_count
        from (select distinct s.relation from unnest(p_walk.parts) as s) as r;
        if v_count > current_setting('max_locks_per_transaction')::bigint
            * current_setting('max_connections')::bigint / 2
        then
            return query select
                'locks', format('%s tables and indexes to lock: more than half of what the lock table holds', v_count),
                format('alter system set max_locks_per_transaction = %s; -- and restart the server', v_count);
        end if;
        return;
    end if;
    v_edge := (p_walk.edges[p_edge]).edge;
    v_child := pydb_internal.relation_name(v_edge.child);
    if not v_edge.is_indexed then
        return query select 'unindexed', format(
            case when v_edge.is_enforced
                then 'no index on (%s): each deleted parent row scans %s' else 'no index on (%s): the cascade scans %s'
            end, (
                select string_agg(format('%I', u.name), ', ' order by u.ord)
                from unnest(v_edge.child_columns) with ordinality as u (name, ord)
            ), v_child
        ), pydb_internal.cascade_index_command(v_edge.child, v_edge.child_columns);
    end if;
    v_has_triggers := v_edge.kind = 'declared' and not (v_edge.is_enforced and v_edge.is_valid)
        and exists (select 1 from pg_trigger as g where g.tgconstraint = v_edge.constraint_id);
    if v_edge.kind = 'declared' and not v_edge.is_enforced then
        return query select 'not_enforced', format(
            '%s is not enforced (%s): followed all the same', v_edge.reference,
            case when v_has_triggers then 'its triggers are disabled' else 'NOT ENFORCED' end
        ), null::text;
    end if;
    if v_has_triggers and not v_edge.is_valid then -- one that is NOT ENFORCED is never valid
        return query select
            'not_valid', format('%s is NOT VALID: older rows were never checked', v_edge.reference),
            format('call pydb.orphan_close(%L);', v_edge.reference);
    end if;
    if (select c.relispartition from pg_class as c where c.oid = v_edge.child) then
        return query
        select
            'uncovered', format(
                'the key is on %s only, not on %s', v_child, string_agg(pydb_internal.relation_name(t.relid), ', ')
            ), null::text
        from pg_partition_tree(pg_partition_root(v_edge.child)) as t
        where t.isleaf and t.relid <> v_edge.child
            and t.relid not in (select b.relid from pg_partition_tree(v_edge.child) as b)
            and not exists (
                select 1 from pg_constraint as k
                where k.contype = 'f' and k.conrelid = t.relid and k.confrelid = v_edge.parent
            )
        having count(*) > 0;
    end if;
end
$$;

comment on function pydb_internal.cascade_edge_warnings(pydb_internal.cascade_closure, integer, regclass) is
'Warnings about an edge (0 = the root): unindexed, not_enforced, not_valid, uncovered, inherited, locks, superuser; with
the statement that cures each.';

revoke all on function pydb_internal.cascade_edge_warnings(pydb_internal.cascade_closure, integer, regclass)
    from public;
