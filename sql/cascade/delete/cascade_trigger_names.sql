-- pydb_internal.cascade_trigger_names (delete): the triggers that run where a walk deletes or sets rows.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_trigger_names(p_walk pydb_internal.cascade_closure)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select string_agg(distinct format('%I of %s', g.tgname, pydb_internal.relation_name(g.tgrelid)), ', ')
    from unnest(p_walk.parts) as s
    cross join lateral (
        select s.relation union select a.relid from pg_partition_ancestors(s.relation::regclass) as a
    ) as l (relation)
    inner join pg_trigger as g on g.tgrelid = l.relation
    where not g.tgisinternal and g.tgenabled in ('O', 'A')
        and g.tgtype & case s.effect when 'delete' then 8 else 16 end > 0;
$$;

comment on function pydb_internal.cascade_trigger_names(pydb_internal.cascade_closure) is
'Triggers that somebody made on the relations of a walk, for what happens to their rows, as one text; null if there are
none.';

revoke all on function pydb_internal.cascade_trigger_names(pydb_internal.cascade_closure) from public;
