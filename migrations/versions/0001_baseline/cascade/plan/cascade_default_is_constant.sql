-- pydb_internal.cascade_default_is_constant (plan): whether a plan can tell what SET DEFAULT of an edge would
-- reference.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_default_is_constant(p_edge pydb_internal.reference_edge)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- columns that the action leaves alone keep what they reference now: only a whole key of defaults can be looked up
    select cardinality(p_edge.set_columns) = cardinality(p_edge.child_columns) and not exists (
        select 1
        from pg_catalog.pg_attrdef as d
        inner join pg_catalog.pg_attribute as a on a.attrelid = d.adrelid and a.attnum = d.adnum
        where d.adrelid = p_edge.child and a.attname = any(p_edge.set_columns) and (
            d.adbin::text ~ '(NEXTVALUE|SQLVALUE|SUBLINK)' or exists (
                select 1
                from regexp_matches(d.adbin::text, ':(?:funcid|opfuncid) (\d+)', 'g') as f (found)
                inner join pg_catalog.pg_proc as p on p.oid = f.found[1]::oid
                where p.provolatile <> 'i'
            )
        )
    );
$$;

comment on function pydb_internal.cascade_default_is_constant(pydb_internal.reference_edge) is
'True if SET DEFAULT sets every column of the edge, to defaults that are constants or immutable expressions.';

revoke all on function pydb_internal.cascade_default_is_constant(pydb_internal.reference_edge) from public;
