-- pydb_internal.cascade_default_is_constant (plan): whether a plan can tell what SET DEFAULT of an edge would
-- reference, without running anything that the table's owner wrote.
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
        from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_type as y on y.oid = a.atttypid
        left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = p_edge.child and a.attname = any(p_edge.set_columns) and (
            pydb_internal.type_plain(a.atttypid) is null
            or (d.adbin is null and y.typdefaultbin is not null)
            -- constants, and PostgreSQL's own immutable functions of PostgreSQL's own types; what is declared immutable
            -- elsewhere may do anything, and a literal of another type is read by the type's own functions
            or exists (
                select from regexp_matches(d.adbin::text, '[{]([A-Z]+)', 'g') as n (found)
                where n.found[1] not in ('CONST', 'FUNCEXPR', 'OPEXPR', 'RELABELTYPE', 'COERCEVIAIO')
            )
            or exists (
                select from regexp_matches(d.adbin::text, ':[a-z_]*type(?:id)? ([0-9]+)', 'g') as f (found)
                left join pg_catalog.pg_type as t on t.oid = f.found[1]::oid
                where t.typnamespace is distinct from 'pg_catalog'::regnamespace
            )
            or exists (
                select from regexp_matches(d.adbin::text, ':(?:funcid|opfuncid) ([0-9]+)', 'g') as f (found)
                left join pg_catalog.pg_proc as p on p.oid = f.found[1]::oid
                where p.provolatile is distinct from 'i' or p.pronamespace <> 'pg_catalog'::regnamespace
            )
        )
    );
$$;

comment on function pydb_internal.cascade_default_is_constant(pydb_internal.reference_edge) is
'True if SET DEFAULT sets every column of the edge, to constants or immutable expressions of PostgreSQL''s own types and
functions.';

revoke all on function pydb_internal.cascade_default_is_constant(pydb_internal.reference_edge) from public;
