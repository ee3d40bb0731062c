-- pydb_internal.cascade_is_refusable (trial; by cascade_check_trial): whether anything but a reference could refuse
-- what a walk found.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_is_refusable(p_walk pydb_internal.cascade_closure)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- a delete meets no constraint but references, which the walk has judged; a row that is set meets all of them
    select exists (
        select 1 from unnest(p_walk.parts) as s where s.effect in ('nullify', 'default')
    ) or cardinality(pydb_internal.cascade_triggered(p_walk)) > 0;
$$;

comment on function pydb_internal.cascade_is_refusable(pydb_internal.cascade_closure) is
'True if rows are set, or if a trigger of somebody runs where rows are deleted.';

revoke all on function pydb_internal.cascade_is_refusable(pydb_internal.cascade_closure) from public;
