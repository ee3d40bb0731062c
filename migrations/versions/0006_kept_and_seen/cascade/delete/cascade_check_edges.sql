-- pydb_internal.cascade_check_edges (delete): after the statement of a cascade, whose locks keep new keys away: was any
-- made after its look at the catalog.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD304
create or replace function pydb_internal.cascade_check_edges(p_walk pydb_internal.cascade_closure)
returns void
language plpgsql
volatile -- under a snapshot of its own
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parents oid[];
    v_new text;
begin
    select array_agg(distinct l.relation) into v_parents
    from unnest(p_walk.parts) as s
    cross join lateral (
        select s.relation
        union
        select a.relid from pg_partition_ancestors(s.relation) as a
    ) as l
    where s.effect = 'delete';
    select string_agg(distinct n.reference, ', ') into v_new
    from (
        select
            r.reference, r.child, r.child_columns, r.parent, r.parent_columns, r.on_delete, r.set_columns, r.filter,
            r.parent_filter
        from pydb_internal.reference_edges_among(v_parents) as r
        except
        select
            (m.edge).reference, (m.edge).child, (m.edge).child_columns, (m.edge).parent, (m.edge).parent_columns,
            (m.edge).on_delete, (m.edge).set_columns, (m.edge).filter, (m.edge).parent_filter
        from unnest(p_walk.edges) as m
    ) as n;
    if v_new is not null then
        raise exception using errcode = 'YD304', message = 'a reference was made while the cascade ran',
            detail = v_new || ' is not in the plan; everything was rolled back.', hint = 'Run it again.';
    end if;
end
$$;

comment on function pydb_internal.cascade_check_edges(pydb_internal.cascade_closure) is
'Raises YD304 if a reference to a table whose rows went is not among the edges of the walk.';

revoke all on function pydb_internal.cascade_check_edges(pydb_internal.cascade_closure) from public;
