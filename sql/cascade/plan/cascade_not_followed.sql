-- pydb_internal.cascade_not_followed (plan; by cascade_plan): what a walk did not follow and might have: columns that
-- look like references to the tables that lose rows.
-- reads the catalog and those columns   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.cascade_not_followed(p_walk pydb_internal.cascade_closure)
returns table (child text, child_column name, parent text, parent_column name, share numeric, said text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        o.*,
        format(
            'not followed: %s (%I) looks like a reference to %s%s', o.child, o.child_column, o.parent,
            ' (' || round(100 * o.share) || ' % of its keys are there)'
        )
    from pydb_internal.reference_overlooked(array(
        select distinct s.relation from unnest(p_walk.parts) as s where s.effect = 'delete'
    )) as o
$$;

comment on function pydb_internal.cascade_not_followed(pydb_internal.cascade_closure) is
'Columns that reference_overlooked finds for the relations of a walk that lose rows, each with a sentence.';

revoke all on function pydb_internal.cascade_not_followed(pydb_internal.cascade_closure) from public;
