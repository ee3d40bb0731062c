-- pydb_internal.reference_base_type (graph): the type that a domain is made of, through domains over domains; any other
-- type itself.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_base_type(p_type oid)
returns oid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with recursive chain as (
        select t.oid, t.typtype, t.typbasetype from pg_catalog.pg_type as t where t.oid = p_type
        union all
        select t.oid, t.typtype, t.typbasetype
        from chain as c
        inner join pg_catalog.pg_type as t on t.oid = c.typbasetype
        where c.typtype = 'd'
    )

    select c.oid from chain as c where c.typtype <> 'd'
$$;

comment on function pydb_internal.reference_base_type(oid) is 'Base type of a domain, or the type itself.';

revoke all on function pydb_internal.reference_base_type(oid) from public;
